"""Renders each overlay of ops/k8s and holds it to Kubernetes' schemas; then what no schema says: selectors that meet a workload, probes,
limits, and one workload for each role. Arguments: the Kubernetes version, then the roles."""

import subprocess
import sys
from pathlib import Path

import kubernetes_validate
import yaml

OVERLAYS = Path(__file__).resolve().parent.parent / "k8s" / "overlays"
OF_THE_OPERATOR = "monitoring.coreos.com/v1"
WORKLOADS = ("Deployment", "StatefulSet", "Job")


def rendered(overlay):
    text = subprocess.run(["kubectl", "kustomize", str(overlay)], check=True, capture_output=True, text=True).stdout
    return [document for document in yaml.safe_load_all(text) if document]


def schema_problems(documents, version):
    for document in documents:
        if document["apiVersion"] == OF_THE_OPERATOR:
            continue
        try:
            kubernetes_validate.validate(document, version, strict=True)
        except (kubernetes_validate.ValidationError, kubernetes_validate.SchemaNotFoundError) as error:
            yield f"{name_of(document)}: {error.message}"


def name_of(document):
    return f"{document['kind']} {document['metadata']['name']}"


def meets(selector, labels):
    if any(labels.get(key) != value for key, value in selector.get("matchLabels", {}).items()):
        return False
    wanted = selector.get("matchExpressions", [])
    assert all(one["operator"] == "In" for one in wanted), "only In is known here"
    return all(labels.get(one["key"]) in one["values"] for one in wanted)


def selector_problems(documents):
    pods = [document["spec"]["template"]["metadata"]["labels"] for document in documents if document["kind"] in WORKLOADS]
    workloads = {(document["kind"], document["metadata"]["name"]) for document in documents}
    for document in documents:
        spec, selector = document.get("spec", {}), None
        match document["kind"]:
            case "Service":
                selector = {"matchLabels": spec["selector"]}
            case "PodDisruptionBudget" | "PodMonitor" | "Deployment" | "StatefulSet":
                selector = spec["selector"]
            case "NetworkPolicy":
                selector = spec["podSelector"]
            case "HorizontalPodAutoscaler":
                target = spec["scaleTargetRef"]
                if (target["kind"], target["name"]) not in workloads:
                    yield f"{name_of(document)} scales nothing"
        if selector is not None and not any(meets(selector, labels) for labels in pods):
            yield f"{name_of(document)} selects no pod"


def workload_problems(documents, roles):
    served = []
    for document in documents:
        if document["kind"] not in ("Deployment", "StatefulSet"):
            continue
        pod = document["spec"]["template"]["spec"]
        (container,) = pod["containers"]
        served.append(container["args"][-1])
        ports = {port["name"] for port in container["ports"]}
        for probe, path in (("livenessProbe", "/livez"), ("readinessProbe", "/readyz")):
            asked = container.get(probe, {}).get("httpGet", {})
            if asked.get("path") != path or asked.get("port") not in ports:
                yield f"{name_of(document)}: no {probe} at {path}"
        if "memory" not in container["resources"]["limits"] or not container["resources"]["requests"]:
            yield f"{name_of(document)}: no limits or requests"
        named = {variable["name"] for variable in container["env"]}
        if document["kind"] == "StatefulSet" and "TIMESALE_INSTANCE" not in named:
            yield f"{name_of(document)}: no instance"
        if ":" not in container["image"]:
            yield f"{name_of(document)}: an image without a tag"
    if sorted(served) != sorted(roles):
        yield f"roles {sorted(roles)}, workloads for {sorted(served)}"


def main(version, *roles):
    problems = []
    for overlay in sorted(OVERLAYS.iterdir()):
        documents = rendered(overlay)
        found = [*schema_problems(documents, version), *selector_problems(documents), *workload_problems(documents, roles)]
        problems += [f"{overlay.name}: {problem}" for problem in found]
        print(f"{overlay.name}: {len(documents)} objects")
    print("\n".join(problems))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
