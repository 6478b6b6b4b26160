// What a measurement's ids stand for. The caller loads files; nothing here does.
#pragma once

#include <string>

#include "cost/stack.hpp"
#include "hw/chip.hpp"
#include "hw/family.hpp"
#include "hw/system.hpp"
#include "llm/llm_spec.hpp"
#include "spec/outcome.hpp"

namespace perfmodel::calibrate {

/// A chip in a machine large enough for the run.
struct Site {
  hw::Chip chip;
  hw::System system;
  hw::Family family;
};

class Library {
 public:
  virtual ~Library() = default;
  /// Each fails with a reason where the id is unknown.
  virtual spec::Outcome<const Site*> site(const std::string& chip, double chips) = 0;
  virtual spec::Outcome<const llm::LlmSpec*> llm(const std::string& id) = 0;
};

}  // namespace perfmodel::calibrate
