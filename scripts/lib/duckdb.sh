# DuckDB, as a package of Python.
# shellcheck shell=bash

DUCKDB_VERSION=2.0.1
DUCKDB=$CACHE/duckdb-$DUCKDB_VERSION

# Whether it is here; $DUCKDB/bin/python3 has it.
has_duckdb() { has_python_packages "$DUCKDB" "duckdb==$DUCKDB_VERSION"; }
