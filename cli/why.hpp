// `estimate --why`: which unknown figures move an answer, and what to learn next.
#pragma once

#include "report/estimate_record.hpp"
#include "uncertainty/intervals.hpp"

namespace perfmodel::cli {

/// The record's widest swings and the paragraph about them. The record has its operators and, where
/// samples were drawn, its intervals.
void fill_why(report::EstimateRecord& record, const uncertainty::Answer& answer,
              const uncertainty::Sampling& how);

}  // namespace perfmodel::cli
