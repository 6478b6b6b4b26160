// `perfmodel calibrate --operators`: curves of architectures from timings of single operators.
#pragma once

#include <string>
#include <vector>

#include "calibrate/curve_report.hpp"

namespace perfmodel::cli {

struct Chosen;

struct OperatorWords {
  std::vector<std::string> data;
  std::string folder;  // of family files to write
  std::string format = "table";
  std::string residuals;  // file to write every row to
  bool report = false;
  bool host = false;  // the kernels of this project in place of published timings
  calibrate::LeftOut left_out = calibrate::LeftOut::nothing;
  int iterations = 40;
};

int calibrate_operators(const OperatorWords& w, const Chosen& chosen);

}  // namespace perfmodel::cli
