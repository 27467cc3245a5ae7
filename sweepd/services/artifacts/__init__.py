"""Artifacts: versions, uploads, manifests, collections, lineage."""
