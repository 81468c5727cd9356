"""What runs in a stack, with which arguments and environment (pure)."""

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ergomesh.contract.job import WORK_STAGES, StageName
from ergomesh.local.datadir import DataDir, StoreKeys
from ergomesh.local.ports import GRPC_OFFSET, HOST, StackPorts
from ergomesh.local.processes import ProcessSpec
from ergomesh.runtime.s3 import S3Store

BUCKET: Final = "ergomesh"
NATS: Final = "nats"
STORE: Final = "seaweedfs"
GATEWAY: Final = "gateway"
JOB_GRACE_S: Final = 3.0
"""What a running job gets when the stack stops; it goes on at the next start."""
STOP_MARGIN_S: Final = 5.0
"""Time for a service to hang up after its grace."""
STORE_GRACE_S: Final = 10.0
"""SeaweedFS takes 1 to 2.5 s to stop."""
STORE_MEMORY: Final = "64MiB"
"""Above this Go collects more often and hands memory back (measured: after uploads of
300 MB SeaweedFS keeps 140 to 200 MB, else 510; an upload takes a tenth longer)."""
LOOPBACK: Final = ("127.0.0.1", "localhost")


@dataclass(frozen=True, slots=True, kw_only=True)
class StackPlan:
    """Everything that decides how a stack runs."""

    data: DataDir
    ports: StackPorts
    keys: StoreKeys
    models_dir: Path
    pose_workers: int = 1
    nats_server: Path
    """Program."""
    weed: Path
    """Program."""

    @property
    def url(self) -> str:
        """Address of the gateway."""
        return f"http://{HOST}:{self.ports.http}"

    @property
    def nats_url(self) -> str:
        """Address of the broker."""
        return nats_url(self.ports)

    @property
    def s3_endpoint(self) -> str:
        """Address of the object store."""
        return s3_endpoint(self.ports)

    @property
    def nats_config(self) -> Path:
        """The broker's configuration file."""
        return self.data.nats / "nats.conf"

    @property
    def s3_config(self) -> Path:
        """The object store's configuration file; holds its keys."""
        return self.data.store / "s3.json"


def nats_url(ports: StackPorts) -> str:
    """Return the broker's address."""
    return f"nats://{HOST}:{ports.nats}"


def s3_endpoint(ports: StackPorts) -> str:
    """Return the object store's address."""
    return f"http://{HOST}:{ports.s3}"


def open_store(endpoint: str, keys: StoreKeys) -> S3Store:
    """Return a client of a stack's object store; no round trip yet."""
    return S3Store(
        endpoint=endpoint,
        bucket=BUCKET,
        access_key=keys.access_key,
        secret_key=keys.secret_key,
    )


def nats_config(plan: StackPlan) -> str:
    """Return the broker's configuration: events are on disk before they count."""
    return (
        "server_name: ergomesh\n"
        f"listen: {HOST}:{plan.ports.nats}\n"
        f"http: {HOST}:{plan.ports.nats_monitor}\n"
        "jetstream {\n"
        f"  store_dir: {json.dumps(str(plan.data.nats), ensure_ascii=False)}\n"
        "  sync_interval: always\n"
        "  max_mem: 256M\n"
        "  max_file: 4G\n"
        "}\n"
    )


def s3_config(keys: StoreKeys) -> str:
    """Return the object store's identities: one, with random keys."""
    credentials = [{"accessKey": keys.access_key, "secretKey": keys.secret_key}]
    actions = ["Admin", "Read", "Write", "List", "Tagging"]
    app = {"name": "ergomesh", "credentials": credentials, "actions": actions}
    return json.dumps({"identities": [app]})


def nats_spec(plan: StackPlan) -> ProcessSpec:
    """Return how to run the broker."""
    command = (str(plan.nats_server), "-c", str(plan.nats_config))
    return ProcessSpec(name=NATS, command=command)


def store_spec(plan: StackPlan) -> ProcessSpec:
    """Return how to run the object store."""
    ports = plan.ports
    command = (
        str(plan.weed),
        "-logtostderr=true",
        "mini",
        "-dir=.",  # a comma in the path would make two folders of it
        f"-ip={HOST}",
        f"-ip.bind={HOST}",
        "-master.telemetry=false",  # it calls home by default
        f"-master.port={ports.weed_master}",
        f"-volume.port={ports.weed_volume}",
        "-volume.preStopSeconds=0",  # nobody else has to learn that it stops
        f"-filer.port={ports.weed_filer}",
        f"-admin.port={ports.weed_admin}",
        "-admin.ui=false",
        f"-s3.port={ports.s3}",
        "-s3.port.iceberg=0",
        "-s3.port.lance=0",
        "-webdav=false",
        f"-s3.config={plan.s3_config}",
    )
    keys = plan.keys
    # The user's own AWS variables would otherwise make a second identity.
    env = {
        "AWS_ACCESS_KEY_ID": keys.access_key,
        "AWS_SECRET_ACCESS_KEY": keys.secret_key,
        "GOMEMLIMIT": STORE_MEMORY,
    }
    return ProcessSpec(
        name=STORE,
        command=command,
        env=env,
        cwd=plan.data.store,
        grace_s=STORE_GRACE_S,
    )


def store_sockets(ports: StackPorts) -> list[Path]:
    """Return the Unix sockets that SeaweedFS leaves behind, at fixed places."""
    folder = Path("/tmp")  # noqa: S108  # fixed in its source
    twins = [port + GRPC_OFFSET for port in ports.weed()]
    parts = ("master", "volume", "filer", "s3", "admin")
    names = [f"seaweedfs-{part}-grpc-{port}.sock" for part in parts for port in twins]
    names += [f"seaweedfs-s3-{ports.s3}.sock"]
    names += [f"seaweedfs-filer-{ports.weed_filer}.sock"]
    return [folder / name for name in names]


def service_specs(plan: StackPlan, environ: Mapping[str, str]) -> list[ProcessSpec]:
    """Return how to run the services.

    Args:
        plan: The stack.
        environ: The command's own environment, for defaults that a user overrides.
    """
    env = service_env(plan, environ)
    return [_service(name, module, env, environ) for name, module in workers(plan)]


def workers(plan: StackPlan) -> list[tuple[str, str]]:
    """Return (process name, service) of each service process."""
    counts = dict.fromkeys(map(str, WORK_STAGES), 1)
    counts[StageName.POSE] = plan.pose_workers
    named = [
        (service if count == 1 else f"{service}-{number}", service)
        for service, count in counts.items()
        for number in range(1, count + 1)
    ]
    return [*named, (GATEWAY, GATEWAY)]


def _service(
    name: str, service: str, env: Mapping[str, str], environ: Mapping[str, str]
) -> ProcessSpec:
    grace_s = float(environ.get("ERGOMESH_GRACE_S", JOB_GRACE_S))
    return ProcessSpec(
        name=name,
        command=(sys.executable, "-m", f"ergomesh.{service}"),
        env=env,
        grace_s=grace_s + STOP_MARGIN_S,
    )


def service_env(plan: StackPlan, environ: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that every service gets, added to the user's own."""
    fixed = {
        "ERGOMESH_NATS_URL": plan.nats_url,
        "ERGOMESH_S3_ENDPOINT": plan.s3_endpoint,
        "ERGOMESH_S3_BUCKET": BUCKET,
        "ERGOMESH_S3_ACCESS_KEY": plan.keys.access_key,
        "ERGOMESH_S3_SECRET_KEY": plan.keys.secret_key,
        "ERGOMESH_MODELS_DIR": str(plan.models_dir),
        "ERGOMESH_HTTP_HOST": HOST,
        "ERGOMESH_HTTP_PORT": str(plan.ports.http),
    }
    defaults = {
        "ERGOMESH_GRACE_S": f"{JOB_GRACE_S:g}",
        "ERGOMESH_LOG_FORMAT": "json",
    }
    chosen = {name: environ.get(name, value) for name, value in defaults.items()}
    return {**chosen, **fixed, **without_proxy(environ)}


def without_proxy(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that keep loopback traffic away from an HTTP proxy."""
    lists = {environ.get(name, "") for name in ("NO_PROXY", "no_proxy")}
    hosts = {host for each in lists for host in each.split(",") if host}
    value = ",".join(sorted(hosts | set(LOOPBACK)))
    return {"NO_PROXY": value, "no_proxy": value}
