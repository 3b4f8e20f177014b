"""`source`, `deliver`, `notify`, `interval_minutes`: what they mean, and what is refused (IMP-17, SEC-2)."""

from __future__ import annotations

import pytest

from pipelines.declarations.addresses import SftpAddress

MODEL = 'type: pipelines.components.ImportModel\nattributes:\n  name: newsletter\n  file: "newsletter*.csv"\n  {line}\n'


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("sftp://crm@host/out/newsletter.csv", SftpAddress("crm", "host", 22, "/out", "newsletter.csv")),
        ("sftp://crm@host:2222/x.csv", SftpAddress("crm", "host", 2222, "/", "x.csv")),
        ("sftp://crm@host/out/n?.csv", SftpAddress("crm", "host", 22, "/out", "n?.csv")),
        ("sftp://crm@host/a#b/n.csv", SftpAddress("crm", "host", 22, "/a#b", "n.csv")),
        ("sftp://crm@host/My%20files/100%25.csv", SftpAddress("crm", "host", 22, "/My files", "100%.csv")),
        ("sftp://crm%40club@host/x.csv", SftpAddress("crm@club", "host", 22, "/", "x.csv")),
        ("sftp://crm@club@host/x.csv", SftpAddress("crm@club", "host", 22, "/", "x.csv")),
        ("sftp://crm@[::1]:22/x.csv", SftpAddress("crm", "::1", 22, "/", "x.csv")),
        ("sftp://crm@host/~/x.csv", SftpAddress("crm", "host", 22, ".", "x.csv")),
        ("sftp://crm@host/~/out/x.csv", SftpAddress("crm", "host", 22, "out", "x.csv")),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_address_is_taken_apart(text: str, address: SftpAddress) -> None:
    assert SftpAddress.parse(text) == address


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("sftp://crm@host/out/x.csv", "sftp://crm@host:22/out/x.csv"),
        ("sftp://crm@[::1]:2222/~/x.csv", "sftp://crm@[::1]:2222/~/x.csv"),
        ("sftp://crm@host/~/out/x.csv", "sftp://crm@host:22/~/out/x.csv"),
    ],
)
def test_an_address_is_shown_as_it_is_written(text: str, shown: str) -> None:
    assert str(SftpAddress.parse(text)) == shown
    assert SftpAddress.parse(shown) == SftpAddress.parse(text)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("source: sftp://host/newsletter.csv", "source names no user"),
        ("source: sftp://crm:hunter2@host/newsletter.csv", "holds a password"),
        ("source: ftp://crm@host/newsletter.csv", "must read sftp://user@host/path/file"),
        ("source: sftp://crm@host", "must read sftp://user@host/path/file"),
        ("source: sftp://crm@host/out/", "names a folder"),
        ("source: sftp://crm@host:99999/newsletter.csv", "has the port 99999"),
        ('source: "sftp://crm@host/*/newsletter.csv"', "only the file's name may be a pattern"),
        ("source: sftp://crm@host/letters.csv", "it would stay in the inbox"),
        ("interval_minutes: 0", "at least 1"),
        ("interval_minutes: 2000", "at most 1440"),
        ("notify: [crm]", "is not an e-mail address"),
        ('notify: ["mailto:crm@example.org"]', "is not an e-mail address"),
        ('notify: ["mailto://crm@example.org"]', "is not an e-mail address"),
        ('notify: ["<crm@example.org>"]', "is not an e-mail address"),
        ('notify: ["crm@example.org,it@example.org"]', "is not an e-mail address"),
    ],
)
def test_what_is_refused(declare, line: str, message: str) -> None:
    (problem,) = (each for each in declare(MODEL.format(line=line)).problems if each.severity == "error")
    assert message in problem.message
    assert (problem.severity, problem.line) == ("error", 5)
    assert "hunter2" not in problem.message


def test_what_is_declared_is_acted_on_without_a_warning(declare) -> None:
    line = 'source: "sftp://crm@host/out/*.csv"\n  interval_minutes: 45\n  notify: [crm@example.org]'
    loaded = declare(MODEL.format(line=line))
    assert loaded.problems == ()
    (model,) = loaded.declarations.models
    assert (model.source, model.interval_minutes, model.notify) == (
        "sftp://crm@host/out/*.csv",
        45,
        ("crm@example.org",),
    )


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("interval_minutes: 15", "interval_minutes has no effect without source"),
        ("action: delete\n  may_resubscribe: true", "may_resubscribe has no effect under action: delete"),
        ('action: suppress\n  constants: {opt_in_email: "yes"}', "constants has no effect under action: suppress"),
        ('action: unsubscribe\n  constants: {company: "X"}', "constants has no effect under action: unsubscribe"),
    ],
)
def test_what_has_no_effect_is_a_warning(declare, line: str, said: str) -> None:
    loaded = declare(MODEL.format(line=line))
    (problem,) = loaded.problems
    assert said in problem.message
    assert (problem.severity, problem.line) == ("warning", 5 + line.count("\n"))
    assert loaded.declarations is not None


@pytest.mark.parametrize("line", ["action: delete\n  may_resubscribe: false", "may_resubscribe: true"])
def test_what_has_its_effect_is_no_warning(declare, line: str) -> None:
    assert declare(MODEL.format(line=line)).problems == ()
