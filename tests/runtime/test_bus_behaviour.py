"""The broker's behaviour: the fake in memory and a real nats-server alike."""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import TypeVar

import pytest

from ergomesh.contract.events import VERSION
from ergomesh.runtime.bus import Bus, ConsumerSpec, Delivery, Subscription
from ergomesh.runtime.errors import Conflict
from runtime.harness import LONG_S, SHORT_S, Broker

T = TypeVar("T")
AT = f"{VERSION}.evt.acme.job-1.job.accepted"
OTHER = f"{VERSION}.evt.acme.job-1.pose.completed"
FILTER = f"{VERSION}.evt.*.*.job.accepted"
QUICK_S = 0.1
"""Patience of a fetch that should find nothing."""


def spec(
    name: str = "pose",
    *,
    ack_wait_s: float = LONG_S,
    max_deliver: int = 5,
    max_ack_pending: int = 64,
) -> ConsumerSpec:
    """Return a consumer of accepted jobs."""
    return ConsumerSpec(name, FILTER, ack_wait_s, max_deliver, max_ack_pending)


async def get(subscription: Subscription) -> Delivery:
    """Return the next delivery, which has to come."""
    delivery = await subscription.fetch(LONG_S)
    assert delivery is not None
    return delivery


async def following(items: AsyncIterator[T], count: int) -> list[T]:
    """Return the next few items of an endless iterator."""

    async def read() -> list[T]:
        return [await anext(items) for _ in range(count)]

    return await asyncio.wait_for(read(), LONG_S)


async def test_an_event_is_stored_once(bus: Bus) -> None:
    """Publishing under a known id says so and delivers nothing more."""
    assert await bus.publish(AT, b"one", dedup_id="a")
    assert not await bus.publish(AT, b"two", dedup_id="a")
    subscription = await bus.subscribe(spec())
    assert (await get(subscription)).body == b"one"
    assert await subscription.fetch(QUICK_S) is None


async def test_an_id_counts_over_all_subjects(bus: Bus) -> None:
    """The same id on another subject is a repetition too: ends exclude each other."""
    assert await bus.publish(AT, b"one", dedup_id="a")
    assert not await bus.publish(OTHER, b"two", dedup_id="a")
    assert await bus.last(OTHER) is None


async def test_the_newest_event_of_a_subject_can_be_read(bus: Bus) -> None:
    """``last`` knows the newest event of exactly that subject."""
    assert await bus.last(AT) is None
    for number in range(3):
        await bus.publish(AT, b"%d" % number, dedup_id=f"{number}")
    await bus.publish(OTHER, b"other", dedup_id="other")
    assert await bus.last(AT) == b"2"


async def test_a_listener_hears_what_comes_later(bus: Bus) -> None:
    """Live messages and events reach a listener, earlier and foreign ones do not."""
    await bus.publish(AT, b"before", dedup_id="0")
    async with bus.listen(FILTER) as messages:
        await bus.publish(OTHER, b"foreign", dedup_id="1")
        await bus.publish(AT, b"event", dedup_id="2")
        await bus.publish(AT, b"again", dedup_id="3")
        heard = await following(messages, 2)
    assert [(m.subject, m.body) for m in heard] == [(AT, b"event"), (AT, b"again")]


async def test_a_tick_is_heard_and_not_stored(bus: Bus) -> None:
    """A tick reaches listeners, and nobody can read it later."""
    at = f"{VERSION}.progress.acme.job-1.pose"
    async with bus.listen(f"{VERSION}.progress.acme.*.>") as messages:
        await bus.tick(at, b"half")
        (heard,) = await following(messages, 1)
    assert (heard.subject, heard.body) == (at, b"half")
    assert await bus.last(at) is None


async def test_a_listener_on_another_connection_hears(broker: Broker) -> None:
    """What one process sends another one hears."""
    here, there = await broker.connect(), await broker.connect()
    async with there.listen(FILTER) as messages:
        await here.publish(AT, b"event", dedup_id="1")
        (heard,) = await following(messages, 1)
    assert heard.body == b"event"


async def test_a_question_gets_an_answer(broker: Broker) -> None:
    """Whoever answers on a subject is asked anew each time."""
    here, there = await broker.connect(), await broker.connect()
    replies = iter([b"one", b"two"])
    await there.answer("ergomesh.v1.ping.pose", lambda: next(replies))
    asked = [await here.ask("ergomesh.v1.ping.pose", b"", timeout_s=LONG_S)]
    asked += [await here.ask("ergomesh.v1.ping.pose", b"", timeout_s=LONG_S)]
    assert asked == [b"one", b"two"]


async def test_a_question_that_nobody_answers_is_given_up(broker: Broker) -> None:
    """Without anyone to answer, or after he closed, the answer is None."""
    here, there = await broker.connect(), await broker.connect()
    assert await here.ask("ergomesh.v1.ping.pose", b"", timeout_s=0.2) is None
    await there.answer("ergomesh.v1.ping.mesh", lambda: b"")
    if here is not there:
        await there.close()
        assert await here.ask("ergomesh.v1.ping.mesh", b"", timeout_s=0.2) is None


async def test_a_consumer_gets_what_was_there_before_it(bus: Bus) -> None:
    """Events published before a service first starts are not lost, nor reordered."""
    for number in range(3):
        await bus.publish(AT, b"%d" % number, dedup_id=f"{number}")
    await bus.publish(OTHER, b"foreign", dedup_id="other")
    subscription = await bus.subscribe(spec())
    bodies = [(await get(subscription)).body for _ in range(3)]
    assert bodies == [b"0", b"1", b"2"]
    assert await subscription.fetch(QUICK_S) is None


async def test_an_event_reaches_a_waiting_fetch_at_once(broker: Broker) -> None:
    """A fetch that waits returns when the event comes, not when its time is over."""
    here, there = await broker.connect(), await broker.connect()
    subscription = await there.subscribe(spec())
    waiting = asyncio.create_task(subscription.fetch(LONG_S))
    await asyncio.sleep(0.05)
    began_s = time.monotonic()
    await here.publish(AT, b"event", dedup_id="1")
    delivery = await waiting
    assert delivery is not None
    assert delivery.body == b"event"
    assert time.monotonic() - began_s < 1.0


async def test_a_fetch_ends_when_its_time_is_over(bus: Bus) -> None:
    """Without an event a fetch returns None after about its timeout."""
    subscription = await bus.subscribe(spec())
    began_s = time.monotonic()
    assert await subscription.fetch(0.2) is None
    assert 0.15 < time.monotonic() - began_s < 1.5


async def test_workers_of_one_consumer_share_its_events(broker: Broker) -> None:
    """Two subscriptions of one durable name get every event once between them."""
    here, there = await broker.connect(), await broker.connect()
    ours, theirs = await here.subscribe(spec()), await there.subscribe(spec())
    for number in range(4):
        await here.publish(AT, b"%d" % number, dedup_id=f"{number}")
    got = [(await get(ours)).body, (await get(theirs)).body]
    got += [(await get(ours)).body, (await get(theirs)).body]
    assert sorted(got) == [b"0", b"1", b"2", b"3"]
    assert await ours.fetch(QUICK_S) is None


async def test_each_consumer_gets_every_event(bus: Bus) -> None:
    """Services do not take events from each other."""
    await bus.publish(AT, b"event", dedup_id="1")
    for name in ("pose", "gateway"):
        subscription = await bus.subscribe(spec(name))
        delivery = await get(subscription)
        assert (delivery.subject, delivery.body) == (AT, b"event")
        await delivery.ack()


async def test_a_silent_delivery_comes_again(bus: Bus) -> None:
    """Without a verdict an event is delivered again after the ack wait, and counted."""
    await bus.publish(AT, b"event", dedup_id="1")
    subscription = await bus.subscribe(spec(ack_wait_s=SHORT_S))
    first, began_s = await get(subscription), time.monotonic()
    again = await get(subscription)
    assert time.monotonic() - began_s > 0.9 * SHORT_S
    assert (first.attempt, again.attempt) == (1, 2)
    assert again.body == b"event"


async def test_a_dead_workers_delivery_goes_to_another(broker: Broker) -> None:
    """What a crashed worker held another one gets after the ack wait."""
    here, there = await broker.connect(), await broker.connect()
    await here.publish(AT, b"event", dedup_id="1")
    dead = await here.subscribe(spec(ack_wait_s=SHORT_S))
    await get(dead)
    await dead.close()
    alive = await there.subscribe(spec(ack_wait_s=SHORT_S))
    assert (await get(alive)).attempt == 2


async def test_the_newest_subscriber_sets_the_limits(broker: Broker) -> None:
    """A worker with other settings changes them for the whole consumer."""
    here, there = await broker.connect(), await broker.connect()
    await here.publish(AT, b"event", dedup_id="1")
    await here.subscribe(spec(max_deliver=1))
    subscription = await there.subscribe(spec(ack_wait_s=SHORT_S, max_deliver=2))
    assert (await get(subscription)).attempt == 1
    assert (await get(subscription)).attempt == 2


async def test_an_ack_is_final(bus: Bus) -> None:
    """An acknowledged event never comes again."""
    await bus.publish(AT, b"event", dedup_id="1")
    subscription = await bus.subscribe(spec(ack_wait_s=SHORT_S))
    await (await get(subscription)).ack()
    assert await subscription.fetch(1.5 * SHORT_S) is None


async def test_a_refusal_is_final(bus: Bus) -> None:
    """A terminated event never comes again, whatever the reason's letters."""
    await bus.publish(AT, b"event", dedup_id="1")
    subscription = await bus.subscribe(spec(ack_wait_s=SHORT_S))
    await (await get(subscription)).term("ř" * 300 + "\r\n")
    assert await subscription.fetch(1.5 * SHORT_S) is None


async def test_a_nak_brings_an_event_back_after_its_delay(bus: Bus) -> None:
    """A negative ack redelivers after the delay, long before the ack wait."""
    await bus.publish(AT, b"event", dedup_id="1")
    subscription = await bus.subscribe(spec())
    await (await get(subscription)).nak(0.3)
    began_s = time.monotonic()
    again = await get(subscription)
    assert 0.25 < time.monotonic() - began_s < 2.0
    assert again.attempt == 2


async def test_a_nak_without_delay_brings_an_event_back_at_once(bus: Bus) -> None:
    """A negative ack of zero seconds hands the event on immediately."""
    await bus.publish(AT, b"event", dedup_id="1")
    subscription = await bus.subscribe(spec())
    await (await get(subscription)).nak(0)
    began_s = time.monotonic()
    assert (await get(subscription)).attempt == 2
    assert time.monotonic() - began_s < 1.0


async def test_a_heartbeat_keeps_a_delivery(bus: Bus) -> None:
    """As long as progress is reported, nobody else gets the event."""
    await bus.publish(AT, b"event", dedup_id="1")
    subscription = await bus.subscribe(spec(ack_wait_s=2 * SHORT_S))
    delivery = await get(subscription)
    for _ in range(3):
        assert await subscription.fetch(SHORT_S) is None
        await delivery.in_progress()
    await delivery.ack()
    assert await subscription.fetch(QUICK_S) is None


async def test_the_broker_gives_up_after_the_last_delivery(bus: Bus) -> None:
    """After ``max_deliver`` deliveries an event is not delivered any more."""
    await bus.publish(AT, b"event", dedup_id="1")
    subscription = await bus.subscribe(spec(max_deliver=2))
    for attempt in (1, 2):
        delivery = await get(subscription)
        assert delivery.attempt == attempt
        await delivery.nak(0)
    assert await subscription.fetch(2 * QUICK_S) is None


async def test_the_broker_never_gives_up_if_told_so(bus: Bus) -> None:
    """With ``max_deliver`` -1 an event is delivered until somebody settles it."""
    await bus.publish(AT, b"event", dedup_id="1")
    subscription = await bus.subscribe(spec(max_deliver=-1))
    for attempt in range(1, 9):
        delivery = await get(subscription)
        assert delivery.attempt == attempt
        await delivery.nak(0)


async def test_a_consumer_holds_only_so_many_at_once(broker: Broker) -> None:
    """Over all workers at most ``max_ack_pending`` deliveries are open."""
    here, there = await broker.connect(), await broker.connect()
    for number in range(2):
        await here.publish(AT, b"%d" % number, dedup_id=f"{number}")
    ours = await here.subscribe(spec(max_ack_pending=1))
    theirs = await there.subscribe(spec(max_ack_pending=1))
    first = await get(ours)
    assert await theirs.fetch(2 * QUICK_S) is None
    await first.ack()
    assert (await get(theirs)).body == b"1"


async def test_a_key_is_made_once(bus: Bus) -> None:
    """Creating a key that exists is a conflict, and the first value stays."""
    bucket = await bus.bucket("jobs")
    assert await bucket.get("acme.job-1") is None
    revision = await bucket.create("acme.job-1", b"one")
    with pytest.raises(Conflict):
        await bucket.create("acme.job-1", b"two")
    entry = await bucket.get("acme.job-1")
    assert entry is not None
    assert (entry.key, entry.value, entry.revision) == ("acme.job-1", b"one", revision)


async def test_only_the_newest_revision_can_be_replaced(bus: Bus) -> None:
    """An update of an older revision, or of no key, is a conflict and does nothing."""
    bucket = await bus.bucket("jobs")
    first = await bucket.create("acme.job-1", b"one")
    second = await bucket.update("acme.job-1", b"two", first)
    assert second > first
    with pytest.raises(Conflict):
        await bucket.update("acme.job-1", b"three", first)
    with pytest.raises(Conflict):
        await bucket.update("acme.job-2", b"three", first)
    entry = await bucket.get("acme.job-1")
    assert entry is not None
    assert (entry.value, entry.revision) == (b"two", second)


async def test_keys_are_listed(bus: Bus) -> None:
    """An empty bucket has no keys; a filled one each key once; buckets are apart."""
    bucket = await bus.bucket("jobs")
    assert await bucket.keys() == []
    revision = await bucket.create("acme.job-1", b"one")
    await bucket.update("acme.job-1", b"two", revision)
    await bucket.create("acme.job-2", b"")
    assert sorted(await bucket.keys()) == ["acme.job-1", "acme.job-2"]
    assert await (await bus.bucket("parts")).keys() == []


async def test_an_empty_value_is_a_value(bus: Bus) -> None:
    """A key with no bytes is there all the same."""
    bucket = await bus.bucket("jobs")
    await bucket.create("acme.job-1", b"")
    entry = await bucket.get("acme.job-1")
    assert entry is not None
    assert entry.value == b""


async def test_a_bucket_is_shared_by_all_connections(broker: Broker) -> None:
    """What one process writes another one reads, and both open the bucket."""
    here, there = await broker.connect(), await broker.connect()
    ours, theirs = await asyncio.gather(here.bucket("jobs"), there.bucket("jobs"))
    await ours.create("acme.job-1", b"one")
    entry = await theirs.get("acme.job-1")
    assert entry is not None
    assert entry.value == b"one"


async def test_a_watcher_sees_what_is_and_what_comes(broker: Broker) -> None:
    """A watch begins with the present value and ends up with the newest one."""
    here, there = await broker.connect(), await broker.connect()
    ours, theirs = await here.bucket("jobs"), await there.bucket("jobs")
    revision = await ours.create("acme.job-1", b"one")
    await ours.create("acme.job-2", b"foreign")
    async with theirs.watch("acme.job-1") as entries:
        (now,) = await following(entries, 1)
        await ours.update("acme.job-1", b"two", revision)
        (later,) = await following(entries, 1)
    assert [now.value, later.value] == [b"one", b"two"]
    assert [now.key, later.key] == ["acme.job-1", "acme.job-1"]
    assert now.revision < later.revision


async def test_a_watcher_may_come_before_the_key(bus: Bus) -> None:
    """Watching a key that does not exist waits until it does."""
    bucket = await bus.bucket("jobs")
    async with bucket.watch("acme.job-1") as entries:
        await bucket.create("acme.job-1", b"one")
        (entry,) = await following(entries, 1)
    assert entry.value == b"one"


async def test_closing_twice_is_harmless(bus: Bus) -> None:
    """A bus and its subscriptions can be closed more than once."""
    subscription = await bus.subscribe(spec())
    await subscription.close()
    await subscription.close()
    await bus.close()
    await bus.close()
