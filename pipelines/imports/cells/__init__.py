"""The former name of `pipelines.cells`, until everything imports that."""
