"""Is everything there, and does it work? A round trip for every part."""

import asyncio
import secrets
import tempfile
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ergomesh.contract.events import VERSION
from ergomesh.contract.job import WORK_STAGES, Preset
from ergomesh.local import health, models, plan
from ergomesh.local.broker import connect
from ergomesh.local.datadir import DataDir
from ergomesh.local.errors import StackError
from ergomesh.local.findings import Finding
from ergomesh.local.packages import check_packages
from ergomesh.local.plan import GATEWAY
from ergomesh.local.processes import Child, Tell
from ergomesh.local.record import StackRecord, running_stack
from ergomesh.local.stack import Stack, StackOptions, prepared
from ergomesh.runtime.errors import RuntimeFault
from ergomesh.runtime.jetstream import JetStreamBus
from ergomesh.runtime.s3 import S3Store

BROKER: Final = "NATS"
STORE: Final = "SeaweedFS"
CONNECT_S: Final = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Examination:
    """What is to be examined."""

    data: DataDir
    models_dir: Path
    quick: bool = False
    """Whether to start only a broker and a store when no stack runs."""


async def examine(
    asked: Examination, tell: Tell, *, hurry: asyncio.Event | None = None
) -> list[Finding]:
    """Check every part; use the running stack, or a throwaway one.

    Args:
        asked: What to examine.
        tell: Takes lines about what goes on.
        hurry: Set it to have a throwaway stack stopped without grace.
    """
    findings = [*check_packages(), *check_models(asked.models_dir)]
    tell("trying the codecs")
    findings += await asyncio.to_thread(_codecs)
    record = running_stack(asked.data)
    if record is not None:
        tell(f"asking the running stack at {record.url}")
        return findings + await _running(asked.data, record)
    parts = "broker and store, but no services" if asked.quick else "stack"
    tell(f"starting a throwaway {parts}")
    with tempfile.TemporaryDirectory(prefix="ergomesh-doctor-") as folder:
        options = StackOptions(
            data=DataDir(Path(folder)), models_dir=asked.models_dir, owner="doctor"
        )
        await _throwaway(options, findings, tell, quick=asked.quick, hurry=hurry)
    return findings


def _codecs() -> list[Finding]:
    try:
        from ergomesh.local.codecs import check_codecs
    except ImportError as error:
        advice = "pip install av"
        return [Finding("codecs", ok=False, detail=str(error), advice=advice)]
    return check_codecs()


# ---- models


def check_models(models_dir: Path) -> Iterator[Finding]:
    """Look for the pose bundles of each preset, and for a body."""
    for preset in Preset:
        yield _pose_finding(models_dir, preset)
    yield _body_finding(models_dir)


def _pose_finding(models_dir: Path, preset: Preset) -> Finding:
    part = f"pose models, {preset}"
    files = models.pose_files(preset)
    names = ", ".join(path.name for path in files)
    fault = _fault(models_dir, files)
    if fault is None:
        return Finding(part, ok=True, detail=f"{names} in {models_dir / 'pose'}")
    advice = f"run `make models`; until then do without --preset {preset}"
    return Finding(part, ok=False, detail=fault, advice=advice)


def _body_finding(models_dir: Path) -> Finding:
    part, body = "body model", models.body_file(models_dir)
    if body is None:
        detail = f"no body model in {models_dir}"
        advice = "run `make models`, which builds the free body"
        return Finding(part, ok=False, detail=detail, advice=advice)
    fault = _fault(models_dir, (body,))
    if fault is not None:
        advice = "run `make models`, or download the licensed file again"
        return Finding(part, ok=False, detail=fault, advice=advice)
    kind = "the free body" if body == models.FREE_BODY else "licensed SMPL-X"
    return Finding(part, ok=True, detail=f"{kind}: {models_dir / body}")


def _fault(models_dir: Path, files: Collection[Path]) -> str | None:
    """Return which of some files are missing or damaged, if any."""
    missing = [path for path in files if not (models_dir / path).is_file()]
    if missing:
        return f"{', '.join(map(str, missing))} missing in {models_dir}"
    damaged = [path for path in files if models.is_damaged(models_dir / path)]
    if damaged:
        return f"{', '.join(map(str, damaged))} damaged in {models_dir}"
    return None


# ---- servers and services


async def check_broker(url: str) -> Finding:
    """Publish an event and read it back.

    Its stage is one that no consumer asks for, so nobody acts on it.
    """
    token = secrets.token_hex(8)
    subject, body = f"{VERSION}.evt.doctor.{token}.doctor.checked", token.encode()
    try:
        bus = await JetStreamBus.connect(url, name="doctor", timeout_s=CONNECT_S)
        try:
            await bus.publish(subject, body, dedup_id=f"doctor.{token}")
            back = await bus.last(subject)
        finally:
            await bus.close()
    except RuntimeFault as error:
        return Finding(BROKER, ok=False, detail=str(error))
    if back != body:
        detail = "an event that was published could not be read back"
        return Finding(BROKER, ok=False, detail=detail)
    return Finding(BROKER, ok=True, detail=f"kept an event and gave it back at {url}")


async def check_store(store: S3Store, endpoint: str) -> Finding:
    """Put, get, and put again what must not be replaced."""
    missing = await health.store_ok(store)
    if missing is not None:
        return Finding(STORE, ok=False, detail=missing)
    detail = f"put, get and conditional put work at {endpoint}"
    return Finding(STORE, ok=True, detail=detail)


async def _running(data: DataDir, record: StackRecord) -> list[Finding]:
    """Ask the parts of the stack that runs."""
    nats_url, endpoint = plan.nats_url(record.ports), plan.s3_endpoint(record.ports)
    broker = await check_broker(nats_url)
    store = plan.open_store(endpoint, data.load_keys())
    services = await _ask_services(nats_url, record) if broker.ok else []
    return [
        broker,
        await check_store(store, endpoint),
        *services,
        await _gateway_finding(record.url, data.logs),
    ]


async def _ask_services(nats_url: str, record: StackRecord) -> list[Finding]:
    async with connect(nats_url) as pings:
        pids = {service: record.pids(service) for service in WORK_STAGES}
        return [
            service_finding(
                service, expected, await pings.answers(service, pids=expected)
            )
            for service, expected in pids.items()
        ]


def service_finding(
    service: str, expected: frozenset[int], answered: Collection[int]
) -> Finding:
    """Judge the answers of a service's workers."""
    silent = sorted(expected - set(answered))
    if silent or not expected:
        who = f"pid {', '.join(map(str, silent))}" if silent else "no process"
        detail = f"{who}: no answer to a ping"
        return Finding(service, ok=False, detail=detail, advice=_log_advice(service))
    count = len(expected)
    detail = "answers its ping" if count == 1 else f"all {count} answer their ping"
    return Finding(service, ok=True, detail=detail)


def _log_advice(service: str) -> str:
    return f"look at {service}'s log in the data folder, then restart the stack"


async def _gateway_finding(url: str, logs: Path) -> Finding:
    missing = await health.http_ok(f"{url}/readyz")
    if missing is not None:
        advice = f"look at {logs / GATEWAY}.log"
        return Finding(GATEWAY, ok=False, detail=missing, advice=advice)
    return Finding(GATEWAY, ok=True, detail=f"ready at {url}")


async def _throwaway(
    options: StackOptions,
    findings: list[Finding],
    tell: Tell,
    *,
    quick: bool,
    hurry: asyncio.Event | None,
) -> None:
    """Start a stack part by part; add a finding for each."""
    try:
        async with prepared(options, tell, hurry=hurry) as stack:
            await stack.start_broker()
            findings.append(await check_broker(stack.plan.nats_url))
            await stack.start_store()
            store = stack.store()
            findings.append(await check_store(store, stack.plan.s3_endpoint))
            if not quick:
                tell("starting the services")
                findings += await _start_services(stack)
    except StackError as error:
        findings.append(Finding("stack", ok=False, detail=str(error)))


async def _start_services(stack: Stack) -> list[Finding]:
    children = stack.launch_services()
    return [await _start_verdict(stack, child) for child in children]


async def _start_verdict(stack: Stack, child: Child) -> Finding:
    try:
        await stack.wait_for_service(child)
    except StackError as error:
        return Finding(child.spec.name, ok=False, detail=str(error))
    return Finding(child.spec.name, ok=True, detail="starts and answers")
