# SPDX-License-Identifier: Apache-2.0
"""Steps of a test program: each prints one TAP line; later steps still run after a failed one."""
import contextlib
import sys
import traceback

_count = 0
_failed = 0
PREFIX = ""


@contextlib.contextmanager
def step(name):
    global _count, _failed
    _count += 1
    try:
        yield
    except Exception:  # whatever a client raises is the step's failure
        _failed += 1
        print(f"not ok {_count} - {PREFIX}{name}")
        for line in traceback.format_exc().splitlines():
            print(f"# {line}")
    else:
        print(f"ok {_count} - {PREFIX}{name}")
    sys.stdout.flush()


def finish():
    print(f"1..{_count}")
    sys.exit(1 if _failed else 0)


def same(got, wanted):
    assert got == wanted, f"got {got!r}, wanted {wanted!r}"


def refused(error, status, code):
    """The error is the server's, with its status, code and request id."""
    same((error.status_code, error.error.code), (status, code))
    assert error.request_id, "no request id"
