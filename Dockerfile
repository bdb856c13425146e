# syntax=docker/dockerfile:1
# One image for every role: `docker run timesale serve ingress`. It holds the binary, its config and nothing secret;
# secrets come as files or environment at run time.

FROM rust:1.95-bookworm AS build
# Without features it is what runs in production. FEATURES=loadtest adds the load test `sale` and the stand-ins for the payment provider
# and price servers, which docker-compose.yml uses. FEATURES=tls is for a Kafka that wants TLS: librdkafka is then linked to OpenSSL,
# which has to be added to the second stage as well (libssl3).
ARG FEATURES=""
# Shown by the metric `timesale_build_info`: `--build-arg REVISION=$(git rev-parse HEAD)`.
ARG REVISION=""
# librdkafka is compiled from source by the compiler of this stage; zlib goes into the binary.
ENV LIBZ_SYS_STATIC=1
ENV TIMESALE_REVISION=${REVISION}
WORKDIR /src
COPY . .
# The cache mounts keep what earlier builds compiled; a mount is no part of the image, hence the copy.
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    cargo build --release --locked -p timesale --features "${FEATURES}" \
    && cp target/release/timesale /timesale \
    && strip --strip-debug /timesale

FROM debian:bookworm-slim
# Where the stub of the payment provider may write; the roles write nothing.
RUN mkdir -p /var/lib/toss-stub && chown 10001:10001 /var/lib/toss-stub
# A number and not a name, so that Kubernetes can see that it is not root.
USER 10001:10001
# The program reads timesale.toml where it starts.
WORKDIR /app
COPY --from=build --chown=0:0 /timesale /usr/local/bin/timesale
COPY --chown=0:0 timesale.toml /app/
# Inside a container everybody outside is on another host.
ENV TIMESALE_LISTEN=0.0.0.0:8080 \
    TIMESALE_ADMIN_LISTEN=0.0.0.0:9090
EXPOSE 8080 9090
# Asks the role's /readyz on TIMESALE_ADMIN_LISTEN; the image holds no other program that could.
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 CMD ["timesale", "health"]
# A role drains for up to 10 s on SIGTERM; give `docker stop` more than that (compose: stop_grace_period).
STOPSIGNAL SIGTERM
ENTRYPOINT ["timesale"]
CMD ["serve", "all"]
