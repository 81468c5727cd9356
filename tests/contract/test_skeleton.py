"""Joint and landmark names: the two trees that everything is asked by."""

import re

import pytest
from smplx.joint_names import JOINT_NAMES

from ergomesh.contract.skeleton import (
    BODY_JOINTS,
    JOINT,
    LANDMARK,
    LANDMARKS,
    LIMB_LINKS,
    PARENTS,
    SIDES,
    SMPLX_JOINTS,
    mirrored,
)

# SMPL's tree (kintree_table, Loper et al. 2015) up to the wrists, which SMPL-X keeps;
# then jaw and eyes on the head. Written as indices: an oracle apart from the names.
BODY_PARENTS = [-1, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9]
BODY_PARENTS += [12, 13, 14, 16, 17, 18, 19, 15, 15, 15]
NAMES = [*SMPLX_JOINTS, *LANDMARKS]


def test_the_counts_are_those_of_the_models() -> None:
    """SMPL-X has 55 joints, 22 of them in the body; MediaPipe has 33 landmarks."""
    assert (len(SMPLX_JOINTS), len(BODY_JOINTS), len(LANDMARKS)) == (55, 22, 33)


@pytest.mark.parametrize("names", [SMPLX_JOINTS, LANDMARKS])
def test_no_name_occurs_twice(names: tuple[str, ...]) -> None:
    """Within one tree a name means one place."""
    assert len(set(names)) == len(names)


def test_an_index_finds_its_own_name() -> None:
    """The indices are the positions in the lists."""
    assert [SMPLX_JOINTS[JOINT[name]] for name in SMPLX_JOINTS] == [*SMPLX_JOINTS]
    assert [LANDMARKS[LANDMARK[name]] for name in LANDMARKS] == [*LANDMARKS]


def test_the_joints_are_in_the_order_of_the_smplx_package() -> None:
    """The first 55 names of the smplx package are ours, except for spelling."""
    theirs = [name.replace("_eye_smplhf", "_eye") for name in JOINT_NAMES[:55]]
    assert theirs == [*SMPLX_JOINTS]


def test_a_parent_comes_before_its_children() -> None:
    """One pass over the joints meets every parent first; the pelvis is the root."""
    assert PARENTS[JOINT["pelvis"]] == -1
    assert all(0 <= p < i for i, p in enumerate(PARENTS) if i != JOINT["pelvis"])


def test_the_tree_is_that_of_the_model_file() -> None:
    """Body and head hang together as in ``kintree_table`` of the model files."""
    assert [*PARENTS[: len(BODY_PARENTS)]] == BODY_PARENTS


def test_a_finger_is_a_chain_from_its_wrist() -> None:
    """Finger joints hang on the joint before, the first one on its own wrist."""
    for name in SMPLX_JOINTS:
        finger = re.fullmatch(r"(left|right)_(index|middle|pinky|ring|thumb)(\d)", name)
        if finger is None:
            continue
        side, digit, k = finger[1], finger[2], int(finger[3])
        parent = f"{side}_wrist" if k == 1 else f"{side}_{digit}{k - 1}"
        assert SMPLX_JOINTS[PARENTS[JOINT[name]]] == parent


@pytest.mark.parametrize("name", NAMES)
def test_mirroring_twice_changes_nothing(name: str) -> None:
    """Mirroring is its own inverse."""
    assert mirrored(mirrored(name)) == name


@pytest.mark.parametrize("name", NAMES)
def test_mirroring_stays_within_its_tree(name: str) -> None:
    """The mirror of a joint is a joint, of a landmark a landmark; sides swap."""
    tree = SMPLX_JOINTS if name in SMPLX_JOINTS else LANDMARKS
    assert mirrored(name) in tree
    assert (mirrored(name) == name) == (not name.startswith(SIDES))


@pytest.mark.parametrize("name", SMPLX_JOINTS[1:])
def test_the_tree_is_its_own_mirror(name: str) -> None:
    """The parent of a mirrored joint is the mirror of the parent."""
    parent = SMPLX_JOINTS[PARENTS[JOINT[name]]]
    assert SMPLX_JOINTS[PARENTS[JOINT[mirrored(name)]]] == mirrored(parent)


def test_the_limbs_can_be_drawn_from_joints_and_landmarks() -> None:
    """Both ends of every link exist in both trees, and the links are mirrored."""
    ends = {end for link in LIMB_LINKS for end in link}
    assert ends <= set(SMPLX_JOINTS) & set(LANDMARKS)
    links = {frozenset(link) for link in LIMB_LINKS}
    assert {frozenset(map(mirrored, link)) for link in LIMB_LINKS} == links
    assert len(links) == len(LIMB_LINKS)
