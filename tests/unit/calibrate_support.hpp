// What the tests of calibration share: rows made by hand, and the configs that they name.
#pragma once

#include <string>
#include <vector>

#include "calibrate/run.hpp"
#include "cli/measurements.hpp"
#include "unit/engine_support.hpp"

namespace perfmodel::test {

/// Family scales left out, as a fit finds them.
inline cli::CatalogLibrary& library() {
  static cli::CatalogLibrary l(catalog(), true);
  return l;
}
inline const cost::Stack& typical() {
  static const cost::Stack s = catalog().stack("typical");
  return s;
}

/// An aggregated run of 1024 tokens in and 256 out, its degrees still open.
inline calibrate::Measurement row(const std::string& chip, const std::string& model, double chips,
                                  double concurrency) {
  calibrate::Measurement m;
  m.file = "rows.csv";
  m.line = 2;
  m.id = "row";
  m.chip = chip;
  m.model = model;
  m.n_chips = chips;
  m.concurrency = concurrency;
  m.input = 1024;
  m.output = 256;
  m.mode = calibrate::Mode::aggregated;
  m.mode_text = "aggregated";
  m.metric = calibrate::Metric::tpot;
  m.metric_text = "tpot_ms";
  m.value = 1;
  return m;
}
inline calibrate::Measurement llama(double concurrency) {
  auto m = row("h100", "llama-3.1-8b", 1, concurrency);
  m.decode.tp = 1;
  return m;
}
inline calibrate::Measurement deepseek(double chips, double concurrency) {
  auto m = row("h200", "deepseek-r1", chips, concurrency);
  m.weights = m.activations = "fp8";
  m.decode.tp = 1;
  m.decode.attn_dp = static_cast<int>(chips);
  return m;
}
/// Eight chips that prefill for sixteen that decode.
inline calibrate::Measurement two_pools(double concurrency) {
  auto m = row("h200", "deepseek-r1", 24, concurrency);
  m.weights = m.activations = "fp8";
  m.mode = calibrate::Mode::disaggregated;
  m.mode_text = "disaggregated";
  m.prefill.attn_dp = 8;
  m.decode.attn_dp = 16;
  return m;
}

inline spec::Outcome<calibrate::Run> express(const calibrate::Measurement& m) {
  return calibrate::express(m, library(), typical());
}

}  // namespace perfmodel::test
