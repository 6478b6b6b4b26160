#include "hw/grades.hpp"

#include <fmt/format.h>

namespace perfmodel::hw {

void check_grades(const spec::Context& context, Status status) {
  if (status == Status::shipping || context.overridden()) return;
  const auto best = status == Status::announced ? spec::Grade::official : spec::Grade::paper;
  for (const auto& g : context.grades()) {
    if (g.grade >= best) continue;
    context.problem(
        g.mark, g.path,
        fmt::format("grade '{}' on a product that is {}", spec::name_of(g.grade), name_of(status)),
        fmt::format("{} at best", spec::name_of(best)));
  }
}

}  // namespace perfmodel::hw
