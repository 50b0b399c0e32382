// SPDX-License-Identifier: Apache-2.0
// What every Prometheus client says about its own process, under the names all of them use, and
// which build it is. Thread-safe.
#pragma once

#include <memory>
#include <string>

namespace prometheus {
class Collectable;
}

namespace osbx::metrics {

// Reads /proc/self at each collection; a number that cannot be read is left out.
std::shared_ptr<prometheus::Collectable> MakeProcessCollector(const std::string& version);

}  // namespace osbx::metrics
