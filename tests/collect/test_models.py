"""What is left out of botocore's models is never asked: declared operations are whole, times are the same."""

from typing import Any

import boto3
import botocore.session
import pytest
from botocore.model import ListShape, MapShape, Shape, StructureShape
from botocore.utils import parse_timestamp

from auditor.collect.models import lighten, point_in_time
from auditor.collect.operations import declared

FULL = botocore.session.get_session()
SERVICES = sorted({operation.service for operation in declared()})


def session() -> Any:
    return boto3.Session("key", "secret", region_name="eu-west-1")


def light_session() -> Any:
    light = session()
    lighten(light)
    return light


def form(shape: Shape | None, above: tuple[str, ...] = ()) -> object:
    """Write out how a shape is put on the wire, down to where it repeats itself."""
    if shape is None or shape.name in above:
        return shape and shape.name
    within = (*above, shape.name)
    parts: dict[str, object] = {}
    if isinstance(shape, StructureShape):
        parts = {name: form(member, within) for name, member in shape.members.items()}
    elif isinstance(shape, ListShape):
        parts = {"member": form(shape.member, within)}
    elif isinstance(shape, MapShape):
        parts = {"key": form(shape.key, within), "value": form(shape.value, within)}
    return shape.type_name, shape.serialization, parts


@pytest.mark.parametrize("service", SERVICES)
def test_declared_operations_are_whole(service: str) -> None:
    full, light = FULL.get_service_model(service), light_session().client(service).meta.service_model
    names = {operation.name for operation in declared() if operation.service == service}
    assert names <= set(light.operation_names)
    assert len(light.operation_names) < len(full.operation_names)
    assert light.metadata == full.metadata
    for name in names:
        one, other = full.operation_model(name), light.operation_model(name)
        assert one.http == other.http
        assert form(one.input_shape) == form(other.input_shape)
        assert form(one.output_shape) == form(other.output_shape)
        assert [shape.name for shape in one.error_shapes] == [shape.name for shape in other.error_shapes]


def test_what_no_collector_declares_is_left_alone() -> None:
    assert "PutObject" in light_session().client("s3").meta.service_model.operation_names


TIMES = (
    0,
    1_764_439_200,
    1_764_439_200.5,
    "2026-11-29T18:00:00Z",
    "2026-11-29T18:00:00.123+02:00",
    "1764439200",
)


@pytest.mark.parametrize("written", [*TIMES, "Sun, 29 Nov 2026 18:00:00 GMT"])
def test_a_time_is_the_same_however_it_is_read(written: float | str) -> None:
    found = point_in_time(written)
    read: Any = parse_timestamp
    assert found == read(written)
    assert found.tzinfo is not None


@pytest.mark.parametrize("written", ["", "yesterday"])
def test_what_is_no_time_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match="imestamp"):
        point_in_time(written)


def test_services_are_where_botocore_has_them() -> None:
    light, full = light_session(), session()
    asked: list[Any] = [
        {"service_name": service, "partition_name": partition, "allow_non_regional": True}
        for service in SERVICES
        for partition in full.get_available_partitions()
    ]
    for one in asked:
        assert light.get_available_regions(**one) == full.get_available_regions(**one)


def test_a_client_asks_the_address_that_botocores_own_asks() -> None:
    light, full = light_session(), session()
    for region in ("eu-west-1", "us-gov-west-1", "cn-north-1"):
        for service in SERVICES:
            ours, own = (one.client(service, region) for one in (light, full))
            assert ours.meta.endpoint_url == own.meta.endpoint_url
