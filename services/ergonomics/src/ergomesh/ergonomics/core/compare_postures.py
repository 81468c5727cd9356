"""What is compared of the methods that judge postures over a clip.

OWAS by its categories, ISO 11226 by the time held outside the acceptable zones, EN
1005-4 by the time in zones that are not acceptable, NV 361/2007 by the time in each
posture of its table, NIOSH by the composite lifting index. Shares are of the person's
time; what was not observed counts for the upper bound only.
"""

from collections.abc import Iterator

from ergomesh.ergonomics.core.compare import Assessed, Estimate, Quantity, estimate
from ergomesh.ergonomics.core.compare_angles import side_of
from ergomesh.ergonomics.core.en1005_4 import EnItemResult
from ergomesh.ergonomics.core.holding_amounts import Amount
from ergomesh.ergonomics.core.iso11226 import IsoItem
from ergomesh.ergonomics.core.nv361_result import Span

Found = Iterator[tuple[Quantity, Estimate]]


def posture_quantities(each: Assessed) -> dict[Quantity, Estimate]:
    """Return every quantity of the methods that a result holds."""
    readers = (_owas, _iso11226, _en1005_4, _nv361, _niosh)
    return {what: value for read in readers for what, value in read(each)}


def _owas(each: Assessed) -> Found:
    """Yield the share of time at a category or above; 1 asks for nothing.

    What is only less well known must not look like less load: a frame counts that is
    at the category at least, even where it is open how far above.
    """
    found = each.result.owas
    for each_category in found.categories[1:] if found else ():
        time = each_category.at_least
        if time is not None:
            name = f"category_at_least_{each_category.category}"
            what = Quantity("owas", "middle", "whole", name, "share")
            yield what, estimate(time.low_share, time.share, time.high_share)


def _iso11226(each: Assessed) -> Found:
    found = each.result.iso11226
    for item in found.items if found else ():
        side, plain = side_of(item.name)
        what = Quantity("iso11226", side, _part(item.part), f"{plain}_held", "share")
        yield what, _held_outside(item)


def _held_outside(item: IsoItem) -> Estimate:
    outside = [z.static for z in item.zones if z.verdict != "acceptable"]
    return _sum(outside, outside, item.unobserved_share)


def _en1005_4(each: Assessed) -> Found:
    found = each.result.en1005_4
    for item in found.items if found else ():
        side, plain = side_of(item.name)
        name = f"{plain}_not_acceptable"
        what = Quantity("en1005_4", side, _part(item.part), name, "share")
        yield what, _not_acceptable(item)


def _not_acceptable(item: EnItemResult) -> Estimate:
    """Add up zones; where the frequency leaves the verdict open, they may count."""
    bad = [z for z in item.zones if z.verdict == "not_acceptable"]
    maybe = [z for z in item.zones if z in bad or not z.movement_certain]
    times = [t for z in bad if z.movement_certain for t in (z.static, z.moving)]
    unsure = [t for z in bad if not z.movement_certain for t in (z.static, z.moving)]
    every = [t for z in maybe for t in (z.static, z.moving)]
    likely = sum(t.share for t in (*times, *unsure))
    bounds = _sum(times, every, item.unobserved_share)
    return estimate(bounds.low, likely, bounds.high)


def _sum(certain: list[Amount], possible: list[Amount], unobserved: float) -> Estimate:
    low = sum(t.low_share for t in certain)
    likely = sum(t.share for t in certain)
    high = min(1.0, sum(t.high_share for t in possible) + unobserved)
    return estimate(low, likely, max(low, high))


def _nv361(each: Assessed) -> Found:
    found = each.result.nv361
    if found is None:
        return
    together = Quantity("nv361", "middle", "whole", "burdened", "share")
    yield together, _spanned(found.burdened_share)
    for item in found.items:
        if item.share is not None:
            side, part = side_of(item.part)
            yield Quantity("nv361", side, part, item.key, "share"), _spanned(item.share)


def _spanned(share: Span) -> Estimate:
    return estimate(share.low, share.likely, share.high)


def _niosh(each: Assessed) -> Found:
    found = each.result.niosh
    index = found.lifting_index if found else None
    if index is None:
        return
    low, likely, high = index.low, index.median, index.high
    # A null bound is beyond every limit: there is no number to subtract.
    if low is not None and likely is not None and high is not None:
        what = Quantity("niosh", "middle", "whole", "lifting_index", "index")
        yield what, estimate(low, likely, high)


def _part(name: str) -> str:
    """Return a part without its side."""
    return side_of(name)[1]
