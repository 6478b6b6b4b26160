// Of the deployments that fell short, the one that came nearest, in words.
#pragma once

#include <optional>

#include "search/deployment.hpp"

namespace perfmodel::search {

/// How one deployment fell short.
struct Shortfall {
  std::optional<spec::Infeasible> failed;
  Bytes lacks = Bytes::infinity();        // per device, if memory was the matter
  Bytes asked_lacks = Bytes::infinity();  // per device, if the batch asked for was too large
  double places = 0;                      // sequences in flight that would have fitted then
  Time tpot = Time::infinity();           // of a single sequence, if the SLO was
  Time ttft = Time::infinity();
};

class Failures {
 public:
  void add(const Shortfall& s);
  /// Why none of them answers the request.
  spec::Infeasible explain(const Problem& p, const Request& r) const;

 private:
  spec::Infeasible slo_missed(const Request& r) const;
  spec::Infeasible too_many(const Request& r) const;
  spec::Infeasible out_of_memory(const Problem& p) const;

  std::optional<spec::Infeasible> failed_;
  Bytes lacks_ = Bytes::infinity();
  Bytes asked_lacks_ = Bytes::infinity();
  double places_ = 0;
  Time tpot_ = Time::infinity();
  Time ttft_at_tpot_ = Time::infinity();
  Time ttft_ = Time::infinity();
};

}  // namespace perfmodel::search
