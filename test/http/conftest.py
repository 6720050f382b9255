"""One PostgreSQL, one front and one nginx for the whole run, and what the tests reach them by."""
import contextlib

import pytest

pytest.register_assert_rewrite("shapes")

import front  # noqa: E402 (after the line above, so that shapes explains its failures)
from database import Database  # noqa: E402
from overhearing import Listener  # noqa: E402
from stack import Edge, Stack  # noqa: E402
from subjects import SUBJECTS  # noqa: E402


@pytest.fixture(scope="session")
def stack():
    stack = Stack("http")
    stack.remove()
    try:
        stack.up()
        yield stack
    finally:
        stack.remove()


@pytest.fixture(scope="session")
def database(stack):
    database = Database(stack)
    yield database
    database.close()


@pytest.fixture(scope="session")
def subjects(stack, database):
    """Each contract's seed route with a tenant of its own, by the route's name."""
    return {name: make(stack, database) for name, make in SUBJECTS.items()}


@pytest.fixture
def native(subjects):
    return subjects["native"]


@pytest.fixture
def overheard(stack):
    """A front with one connection, its process and its socket; and who listens to what it says on that."""
    with contextlib.closing(Listener(stack)) as listener, \
            front.serving(stack, "--connections", "1", database=listener.database) as own:
        yield own, listener


@pytest.fixture(params=list(SUBJECTS))
def subject(request, subjects):
    return subjects[request.param]


@pytest.fixture
def edge(stack):
    """Starts another nginx before a front that the test chooses."""
    edge = Edge(stack)
    edge.remove()
    yield edge.start
    edge.remove()
