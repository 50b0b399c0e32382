# SPDX-License-Identifier: Apache-2.0
"""The Python client's DynamicClient and watch against the server named on the command line."""
import sys

from kubernetes import client, dynamic, watch
from kubernetes.dynamic.exceptions import ConflictError, NotFoundError

configuration = client.Configuration()
configuration.host = sys.argv[1]
api = client.ApiClient(configuration)
dynamic_client = dynamic.DynamicClient(api)
sandboxes = dynamic_client.resources.get(api_version="osbx.dev/v1", kind="Sandbox")

body = {
    "apiVersion": "osbx.dev/v1",
    "kind": "Sandbox",
    "metadata": {"name": "py"},
    "spec": {"image": "busybox"},
}
created = sandboxes.create(body=body, namespace="default")
assert created.metadata.uid, created
assert sandboxes.get(name="py", namespace="default").spec.image == "busybox"
assert [s.metadata.name for s in sandboxes.get(namespace="default").items] == ["py"]
patched = sandboxes.patch(
    body={"metadata": {"labels": {"a": "b"}}},
    name="py",
    namespace="default",
    content_type="application/merge-patch+json",
)
assert patched.metadata.labels.a == "b"

stale = created.to_dict()
try:
    sandboxes.replace(body=stale, name="py", namespace="default")
    raise AssertionError("a stale resourceVersion was accepted")
except ConflictError:
    pass

applied = sandboxes.server_side_apply(
    body={**body, "metadata": {"name": "ssa"}}, namespace="default", field_manager="python"
)
assert applied.metadata.managedFields[0].manager == "python"

events = []
for event in sandboxes.watch(namespace="default", timeout=2):
    events.append((event["type"], event["object"].metadata.name))
assert sorted(events) == [("ADDED", "py"), ("ADDED", "ssa")], events

custom = client.CustomObjectsApi(api)
seen = []
watcher = watch.Watch()
for event in watcher.stream(
    custom.list_namespaced_custom_object,
    "osbx.dev",
    "v1",
    "default",
    "sandboxes",
    resource_version=created.metadata.resourceVersion,
    timeout_seconds=2,
):
    seen.append((event["type"], event["object"]["metadata"]["name"]))
assert seen == [("MODIFIED", "py"), ("ADDED", "ssa")], seen

core = client.CoreV1Api(api)
core.create_namespaced_secret(
    "default", client.V1Secret(metadata=client.V1ObjectMeta(name="s"), string_data={"k": "v"})
)
assert core.read_namespaced_secret("s", "default").data == {"k": "dg=="}
assert "default" in [n.metadata.name for n in core.list_namespace().items]
core.delete_namespaced_secret("s", "default")
try:
    dynamic_client.resources.get(api_version="v1", kind="Secret").get(
        name="s", namespace="default"
    )
    raise AssertionError("the secret is still there")
except NotFoundError:
    pass
print("all done")
