"""Divisions of keys, users and of what an identity provider says: what is stored of them."""

from __future__ import annotations

import importlib

import pytest
from sqlalchemy import select

from api.access.divisions import claimed
from api.access.roles import Role
from api.access.users import Change, UserStore
from api.errors import CaseError
from api.storage.tables import CaseRow, KeyRow
from tests.api.world import World

levels = importlib.import_module("api.storage.migrations.versions.0025_levels")


def test_codes_are_stored_without_the_zeros_that_fill_them(world: World) -> None:
    assert world.principal(Role.VIEWER, divisions=["421300", "4213"]).divisions == {"4213"}
    users = UserStore(world.database)
    password = "four unrelated words here"
    made = users.add("li", Role.VIEWER, password, Change(divisions=["420000"]))
    assert made.divisions == ("42",)
    assert users.change(made.id, Change(divisions=[])).divisions is None


def test_what_is_no_code_is_refused_and_opens_nothing(world: World) -> None:
    with pytest.raises(CaseError, match="'42130' is no division"):
        world.key(Role.VIEWER, divisions=["421303", "42130"])
    assert claimed(["421300", "42130", "", "421303"]) == ["4213", "421303"]


def test_what_was_stored_before_is_shortened_once(world: World) -> None:
    case = world.case()
    key_id = world.principal(Role.VIEWER, divisions=["4213"]).key_id
    with world.database.write() as session:
        session.get_one(CaseRow, case).division = "421300"
        session.get_one(KeyRow, key_id).divisions = ["421300", "42130"]
        session.flush()
        levels._drop_zeros(session.connection())
    with world.database.read() as session:
        assert session.scalars(select(CaseRow.division)).all() == ["4213"]
        assert session.get_one(KeyRow, key_id).divisions == ["4213", "42130"]
