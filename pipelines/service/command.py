"""`carnet serve`."""

from __future__ import annotations

import click

from pipelines.cli.asking import SpokenCommand
from pipelines.errors import UsageError
from pipelines.language import mark, say
from pipelines.layout import Layout


@click.command("serve", cls=SpokenCommand)
@click.option(
    "--host", default="127.0.0.1", show_default=True, help=mark("The address to listen on: this machine alone.")
)
@click.option("--ui-port", default=3000, show_default=True, help=mark("The port of the Dagster UI."))
@click.option(
    "--api-port", default=8000, show_default=True, help=mark("The port of the REST interface, /health and /metrics.")
)
@click.option("--no-ui", is_flag=True, help=mark("Without the Dagster UI: all else."))
def serve_command(host: str, ui_port: int, api_port: int, no_ui: bool) -> None:
    """Run all that lasts until Ctrl-C or SIGTERM: the Dagster UI and daemon, REST, a warm process that makes commands quick."""
    from pipelines.declared import declared
    from pipelines.service.serving import Settings, serve

    if ui_port == api_port and not no_ui:
        raise UsageError(
            say("The UI and the REST interface cannot share the port {port}.", port=ui_port),
            say("Give another --api-port."),
        )
    layout = Layout.from_environment()
    declared(layout.assets, layout.verdicts)  # What is wrong with it is told before anything starts.
    serve(layout, Settings(host, ui_port, api_port, not no_ui))
