// SPDX-License-Identifier: Apache-2.0
#include "config/settings.h"
#include "markdown.h"
#include "pages.h"

namespace osbx::docgen {
namespace {

std::string DefaultOf(const config::Setting& setting) {
  if (setting.show != nullptr) {
    const std::string value = setting.show(config::Config{});
    if (!value.empty()) return Code(value);
  }
  return std::string(setting.shown);
}

}  // namespace

std::string SettingsPage() {
  std::string out =
      Head("Settings of osbxd",
           "TOML, read once at start from `--config`, `$SANDBOX_CONFIG_PATH`, `~/.sandbox.toml` or "
           "`/etc/osbx/osbxd.toml`, whichever is found first. "
           "[manifests/osbxd.toml](../manifests/osbxd.toml) is a file with all of them. `osbxd "
           "--check-config FILE` names everything that is wrong with one, by file, line and key. "
           "A variable of the environment wins over the file.");
  out += "\n" + TableHead({"key", "value", "default", "environment", "meaning"});
  std::string without = TableHead({"key", "why"});
  for (const config::Setting& setting : config::AllSettings()) {
    if (setting.set == nullptr) {
      without += Row({Code(setting.key), std::string(setting.because)});
    } else {
      out += Row({Code(setting.key), std::string(setting.type), DefaultOf(setting),
                  Code(setting.environment), std::string(setting.meaning)});
    }
  }
  out +=
      "\n## The log file\n\nWith `log.file_path` the log is appended to that file. `SIGHUP` "
      "(`systemctl reload osbxd`) makes osbxd open it anew by its name, which is what logrotate "
      "needs; nothing else is read again:\n\n"
      "    /var/log/osbx/osbxd.log {\n"
      "        weekly\n        rotate 8\n        compress\n        delaycompress\n"
      "        missingok\n        postrotate\n"
      "            systemctl reload osbxd\n        endscript\n    }\n"
      "\n## Signals\n\n"
      "`SIGTERM` and `SIGINT` stop osbxd within 5 s; sandboxes and mounts stay and are adopted by "
      "the next start. A second one ends it at once, which is as safe. `SIGHUP` opens the log file "
      "anew.\n";
  out +=
      "\n## Settings of an OpenSandbox server that mean nothing here\n\nAccepted with a warning, "
      "so that such a file works unchanged.\n\n" +
      without;
  return out;
}

}  // namespace osbx::docgen
