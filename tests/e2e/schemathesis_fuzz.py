# SPDX-License-Identifier: Apache-2.0
"""Requests made from osbxd's OpenAPI document, right and wrong ones, against real sandboxes. Whatever is sent, the answer is one
that the document names, with the body it names, and never a 500. Sandboxes start from the one image there is, so that what a
registry or a strange entrypoint does is no matter here."""
import os
import time

import hypothesis
import requests
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode

from sdk_steps import finish, step

BASE = f"http://{os.environ['SANDBOX_DOMAIN']}"
IMAGE = os.environ["SANDBOX_IMAGE"]
HEADERS = {"OPEN-SANDBOX-API-KEY": os.environ["SANDBOX_API_KEY"]}
SECONDS = 25  # for all operations together
EXAMPLES = {"createSandbox": 10, "createSnapshot": 6, "pauseSandbox": 6, "resumeSandbox": 6}
asked = {}  # answers by status
session = requests.Session()
session.trust_env = False
session.headers.update(HEADERS)


def new_sandbox():
    body = {"image": {"uri": IMAGE}, "entrypoint": ["tail", "-f", "/dev/null"], "timeout": 600, "resourceLimits": {}}
    answer = session.post(f"{BASE}/v1/sandboxes", json=body, timeout=60)
    assert answer.status_code == 202, answer.text
    return answer.json()["id"]


def tame(case, sandbox, real):
    """A real sandbox in the path of half the requests; a create that is right by the schema starts the image we have."""
    if real and case.path_parameters and "id" in case.path_parameters and case.operation.method != "delete":
        if "snapshots/" not in case.operation.path:
            case.path_parameters["id"] = sandbox
    body = case.body
    if case.operation.path == "/sandboxes" and isinstance(body, dict):
        if isinstance(body.get("image"), dict) and isinstance(body["image"].get("uri"), str):
            body["image"] = {"uri": IMAGE}
            body["entrypoint"] = ["tail", "-f", "/dev/null"]
        if isinstance(body.get("volumes"), list):
            for volume in body["volumes"]:
                if isinstance(volume, dict):
                    volume.pop("ossfs", None)


def check(case):
    answer = case.call(base_url=BASE + ("" if case.operation.path in ("/health", "/version") else "/v1"), session=session,
                       headers=HEADERS, timeout=60)
    assert answer.status_code != 500, f"{case.as_curl_command()}\n{answer.text}"
    assert answer.headers.get("x-request-id"), "no request id"
    asked[answer.status_code] = asked.get(answer.status_code, 0) + 1
    if answer.status_code in (404, 405, 307) and "code" not in answer.text:
        return  # a path that the generated text has turned into another one
    case.validate_response(answer, excluded_checks=[
        schemathesis.checks.not_a_server_error, schemathesis.checks.negative_data_rejection,
        schemathesis.checks.positive_data_acceptance, schemathesis.checks.missing_required_header,
        schemathesis.checks.unsupported_method, schemathesis.checks.ignored_auth, schemathesis.checks.use_after_free,
        schemathesis.checks.ensure_resource_availability])


def fuzz(operation, sandbox, end):
    def strategy(mode):
        return operation.as_strategy(generation_mode=mode)

    @given(case=st.one_of(strategy(GenerationMode.POSITIVE), strategy(GenerationMode.NEGATIVE)), real=st.booleans())
    @settings(max_examples=EXAMPLES.get(operation.definition.raw["operationId"], 25), deadline=None, database=None,
              derandomize=True, suppress_health_check=list(HealthCheck), phases=[hypothesis.Phase.generate])
    def run(case, real):
        if time.monotonic() > end:
            return
        tame(case, sandbox, real)
        check(case)
    run()


document = session.get(f"{BASE}/openapi.json", timeout=60).json()
del document["security"], document["components"]["securitySchemes"]  # the key is ours to send, not a thing to vary
schema = schemathesis.openapi.from_dict(document)
operations = [result.ok() for result in schema.get_all_operations()]
with step("the document names every route"):
    assert len(operations) >= 30, len(operations)
start = time.monotonic()
box = new_sandbox()
for index, operation in enumerate(operations):
    # Each operation gets its share of the time that is left.
    left = start + SECONDS - time.monotonic()
    with step(f"{operation.method.upper()} {operation.path}"):
        fuzz(operation, box, time.monotonic() + left / (len(operations) - index))
with step("right and wrong requests were made, hundreds of them"):
    print(f"# {asked}")
    assert sum(asked.values()) > 300 and asked.get(200) and asked.get(202) and asked.get(422), asked
with step("every sandbox is gone again"):
    while items := session.get(f"{BASE}/v1/sandboxes", timeout=60).json()["items"]:
        for item in items:
            assert session.delete(f"{BASE}/v1/sandboxes/{item['id']}", timeout=60).status_code == 204
finish()
