#include "search/failures.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "llm/counts.hpp"
#include "units/text.hpp"

namespace perfmodel::search {

using spec::Infeasible;
using spec::Why;

namespace {

/// A time as it can stand on a command line: no blank inside.
std::string pasted(Time t) {
  auto s = format(t, 2);
  s.erase(std::remove(s.begin(), s.end(), ' '), s.end());
  return s;
}

}  // namespace

void Failures::add(const Shortfall& s) {
  if (s.failed &&
      (!failed_ || (failed_->why == Why::invalid_mapping && s.failed->why != Why::invalid_mapping)))
    failed_ = s.failed;
  if (s.places > places_) {
    places_ = s.places;
    asked_lacks_ = s.asked_lacks;
  }
  lacks_ = min(lacks_, s.lacks);
  if (s.tpot < tpot_) {
    tpot_ = s.tpot;
    ttft_at_tpot_ = s.ttft;
  }
  ttft_ = min(ttft_, s.ttft);
}

Infeasible Failures::explain(const Problem& p, const Request& r) const {
  if (tpot_.is_finite()) return slo_missed(r);
  if (places_ > 0) return too_many(r);
  // What fits no single device may fit several, if only it were known how they are joined.
  if (failed_ && failed_->why == Why::missing_figure) return *failed_;
  if (failed_ && failed_->why == Why::saturated) return *failed_;
  if (lacks_.is_finite()) return out_of_memory(p);
  if (failed_) return *failed_;
  return Infeasible{Why::invalid_mapping, "no deployment was possible", ""};
}

Infeasible Failures::slo_missed(const Request& r) const {
  const bool tpot_missed = r.slo.tpot && tpot_ > *r.slo.tpot;
  if (tpot_missed) {
    return {
        Why::slo_unreachable,
        fmt::format("TPOT of {} is out of reach: the fastest deployment needs {} with one sequence",
                    format(*r.slo.tpot, 3), format(tpot_, 3)),
        "--slo tpot=" + pasted(tpot_ * 1.05)};
  }
  const Time ttft = tpot_missed ? ttft_at_tpot_ : ttft_;
  return {Why::slo_unreachable,
          fmt::format("TTFT of {} is out of reach: the fastest prefill takes {}",
                      r.slo.ttft ? format(*r.slo.ttft, 3) : "-", format(ttft, 3)),
          "--slo ttft=" + pasted(ttft * 1.05)};
}
Infeasible Failures::too_many(const Request& r) const {
  const auto asked = r.batch ? fmt::format("a batch of {} per attention rank", *r.batch)
                             : fmt::format("{} sequences in flight", *r.concurrency);
  return {
      Why::out_of_memory,
      fmt::format("{} do not fit: they lack {} on every device", asked, format(asked_lacks_, 3)),
      fmt::format("--concurrency {} (all that memory holds)", places_)};
}
Infeasible Failures::out_of_memory(const Problem& p) const {
  const auto count = llm::count_parameters(p.llm);
  return {Why::out_of_memory,
          fmt::format("{} ({} parameters) does not fit: even the sparsest deployment lacks {} on "
                      "every device",
                      p.llm.id, format(Count::from_base(count.total), 3), format(lacks_, 3)),
          ""};
}

}  // namespace perfmodel::search
