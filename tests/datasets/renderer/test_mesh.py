import numpy as np
import pytest

from datasets.renderer.mesh import Mesh
from datasets.renderer.people import Person, person_mesh
from datasets.renderer.vehicles import car_mesh


def outward(mesh: Mesh) -> np.ndarray:
    faces = mesh.finish()
    return ((faces.centres - faces.hub) * faces.normals).sum(axis=1)


def test_closed_solids_face_outwards():
    mesh = Mesh()
    mesh.box((0, 0, 0), (2, 1, 1), (9, 9, 9), turn=20, taper=0.8)
    assert (outward(mesh) > 0).all()
    rod = Mesh()
    rod.rod((0, 0, 0), (1, 1, 2), 0.3, (9, 9, 9), end_radius=0.2)
    assert (outward(rod) > 0).all()


def test_lofts_face_outwards():
    ring = [(-1, 0), (1, 0), (1, 2), (-1, 2)]
    mesh = Mesh()
    mesh.loft([np.array([(x, y, z) for y, z in ring]) for x in (0.0, 3.0)], (9, 9, 9))
    assert (outward(mesh) > 0).all()


def test_merge_keeps_parts_and_children():
    car = car_mesh(np.random.default_rng(1))
    host = Mesh()
    host.begin("stall")
    host.box((0, 0, 0), (1, 1, 1), (9, 9, 9))
    host.merge(car, (10, 0, 0), turn=90)
    labels = host.finish().labels
    assert [p.label for p in labels] == ["", "stall", "car", "plate", "plate"]
    assert [p.parent for p in labels] == [0, 0, 0, 2, 2]
    # Turned by 90 degrees, the car's length lies along y.
    moved = host.finish().vertices[8 * 3 :]
    assert np.ptp(moved[:, 1]) > np.ptp(moved[moved[:, 0] > 5][:, 0])


def test_people_stand_on_the_ground_and_have_their_height():
    person = Person.random(np.random.default_rng(3))
    vertices = person_mesh(person, None).finish().vertices
    assert vertices[:, 2].min() == pytest.approx(0, abs=0.06)
    assert vertices[:, 2].max() == pytest.approx(person.height, rel=0.12)
