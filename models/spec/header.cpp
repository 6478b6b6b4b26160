#include <fmt/format.h>

#include <algorithm>

#include "spec/ids.hpp"
#include "spec/messages.hpp"
#include "spec/reader.hpp"
#include "spec/wording.hpp"
#include "units/number.hpp"

namespace perfmodel::spec {
namespace {

constexpr std::string_view kSchema = "1";

// "configs/chips/h200.yaml" -> "h200"; empty for a text that is no YAML file, which has no stem to
// obey.
std::string_view stem_of(std::string_view file) {
  if (!file.ends_with(".yaml")) return {};
  file.remove_suffix(std::string_view(".yaml").size());
  const auto slash = file.find_last_of("/\\");
  return slash == std::string_view::npos ? file : file.substr(slash + 1);
}

void read_schema(MapReader& root) {
  const auto schema = root.text("schema", Need::required);
  if (!schema || *schema == kSchema) return;
  root.context().problem(root.mark_of_value("schema"), joined_path(root.path(), "schema"),
                         fmt::format(message::wrong_schema, quoted(*schema)),
                         fmt::format("write schema: {}", kSchema));
}

std::string read_id(MapReader& root, std::string_view kind) {
  const auto id = root.text(kind, Need::required);
  if (!id) return {};
  const auto complain = [&](std::string message, std::string hint) {
    root.context().problem(root.mark_of_value(kind), joined_path(root.path(), kind),
                           std::move(message), std::move(hint));
  };
  const std::string_view stem = stem_of(root.context().file());
  if (!is_id(*id)) {
    complain(fmt::format(message::bad_id, quoted(*id)), std::string(kIdHint));
  } else if (!stem.empty() && stem != *id) {
    complain(fmt::format(message::id_not_stem, quoted(*id)),
             fmt::format("the file of {0} is {0}.yaml", *id));
  }
  return *id;
}

}  // namespace

bool is_id(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
  });
}

Header read_header(MapReader& root, std::string_view kind) {
  read_schema(root);
  Header header;
  header.id = read_id(root, kind);
  header.name = root.text("name", Need::optional).value_or(header.id);
  header.aliases = root.texts("aliases", Need::optional);
  std::set<std::string_view> seen = {header.id};
  for (const auto& alias : header.aliases) {
    const auto complain = [&](std::string message, std::string hint) {
      root.context().problem(root.mark_of_value("aliases"), joined_path(root.path(), "aliases"),
                             std::move(message), std::move(hint));
    };
    if (!is_id(alias)) {
      complain(fmt::format(message::bad_id, quoted(alias)),
               "lower case letters, digits, '-' and '.'");
    } else if (!seen.insert(alias).second) {
      complain(fmt::format(message::repeated_alias, quoted(alias)), "");
    }
  }
  return header;
}

}  // namespace perfmodel::spec
