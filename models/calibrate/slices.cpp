#include "calibrate/slices.hpp"

namespace perfmodel::calibrate {

const std::vector<Slice>& slices() {
  using cost::Measured;
  static const std::vector<Slice> all = {
      {Measured::tpot, "TPOT, aggregated", Metric::tpot, Mode::aggregated},
      {Measured::tpot_disaggregated, "TPOT, disaggregated", Metric::tpot, Mode::disaggregated},
      {Measured::output_rate, "output rate, aggregated", Metric::output_per_chip, Mode::aggregated},
      {Measured::total_rate, "total rate, both", Metric::total_per_chip, {}},
      {Measured::output_rate_disaggregated, "output rate per decode chip, disaggregated",
       Metric::output_per_decode_chip, Mode::disaggregated},
      {Measured::ttft, "TTFT, aggregated", Metric::ttft, Mode::aggregated},
      {Measured::ttft_disaggregated, "TTFT, disaggregated", Metric::ttft, Mode::disaggregated},
      {Measured::static_batch, "static batch latency", {}, Mode::static_batch},
      {Measured::offline, "offline, largest batch", {}, Mode::offline_max},
      {Measured::decode_only, "decode only", {}, Mode::decode_only},
      {Measured::prefill_only, "prefill only", {}, Mode::prefill_only},
  };
  return all;
}

bool holds(const Slice& slice, const Measurement& m) {
  return (!slice.metric || m.metric == slice.metric) && (!slice.mode || m.mode == slice.mode);
}

}  // namespace perfmodel::calibrate
