"""A product's operations are loaded with the first request for them, and then are as if always."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from helpers.mock import Reply, TwilioError
from helpers.mock.rest.collection import Operation
from helpers.mock.rest.router import OperationRouter

HOST, OTHER = "shop.twilio.com", "depot.twilio.com"


class Products:
    """Two versions of a product, and another; counts how often each is loaded."""

    def __init__(self, threads: int = 1) -> None:
        self.loads: Counter[tuple[str, str]] = Counter()
        self._together = Barrier(threads)
        places = ((HOST, "v1"), (HOST, "v2"), (OTHER, "v1"))
        self.router = OperationRouter(
            complete=(HOST,), later={each: lambda at=each: self._load(*at) for each in places}
        )

    def _load(self, host: str, version: str) -> Iterable[Operation]:
        self.loads[host, version] += 1
        self._together.wait(30)
        for number in range(50):
            path = f"/{version}/Things{number}/{{Sid}}" + "/Parts" * (number % 3)
            yield Operation(f"FetchThing{number}", "GET", host, path, lambda *_: Reply(200, {}))

    def find(self, path: str, method: str = "GET", host: str = HOST) -> str:
        operation, arguments = self.router.find(method, host, path)
        return f"{operation.host} {operation.name} {dict(arguments)}"


def test_a_request_loads_the_version_it_is_for_once_and_no_other() -> None:
    products = Products()
    assert products.find("/v1/Things3/TH1") == f"{HOST} FetchThing3 {{'Sid': 'TH1'}}"
    assert products.find("/v1/Things4/TH1/Parts") == f"{HOST} FetchThing4 {{'Sid': 'TH1'}}"
    assert products.loads == {(HOST, "v1"): 1}


def test_what_is_not_simulated_names_the_nearest_operation_though_nothing_was_loaded() -> None:
    products = Products()
    with pytest.raises(TwilioError, match=f"is FetchThing27: GET https://{HOST}/v2/Things27/"):
        products.find("/v2/Thing27/TH1", host="shops.twilio.com")
    assert products.loads == {(HOST, "v1"): 1, (HOST, "v2"): 1}


def test_a_method_that_a_path_lacks_is_refused_though_nothing_was_loaded() -> None:
    with pytest.raises(TwilioError, match="Method PUT not allowed here; GET are") as refused:
        Products().find("/v1/Things3/TH1", "PUT")
    assert refused.value.code == 20004


def test_all_operations_are_listed_in_the_order_of_their_products() -> None:
    products = Products()
    assert products.find("/v1/Things0/TH1", host=OTHER)
    found = [(each.host, each.path.split("/")[1]) for each in products.router.operations]
    assert found == [(HOST, "v1")] * 50 + [(HOST, "v2")] * 50 + [(OTHER, "v1")] * 50
    assert set(products.loads.values()) == {1}


def test_threads_whose_first_requests_come_at_once_all_find_theirs() -> None:
    products = Products(threads=8)
    with ThreadPoolExecutor(8) as pool:
        paths = [f"/v1/Things{3 * number}/TH1" for number in range(8)]
        found = [*pool.map(products.find, paths)]
    assert found == [f"{HOST} FetchThing{3 * each} {{'Sid': 'TH1'}}" for each in range(8)]
