"""What lasts under one roof: the Dagster UI and daemon, and a process that spares commands their start-up (SRV-1, SRV-2)."""
