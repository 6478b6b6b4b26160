// A made-up kind of file whose reader uses every function of MapReader once, for tests of
// diagnostics.
#pragma once

#include "spec/reader.hpp"

namespace perfmodel::test {

/// Reads a gadget; what was read does not matter, what was complained about does.
void read_gadget(const spec::Document& document, spec::Diagnostics& diagnostics);

}  // namespace perfmodel::test
