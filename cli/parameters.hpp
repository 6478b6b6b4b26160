// What a fit found, with how sure it is: a table for reading, CSV for other programs.
#pragma once

#include <string>

#include "calibrate/fit.hpp"

namespace perfmodel::cli {

/// Every parameter of the mean, of each profile and of each chip family, with its 95 % interval. A
/// parameter at one of its bounds is marked: there the data say no more than that it lies beyond.
std::string parameter_table(const calibrate::Fit& fit);
/// scope,name,parameter,unit,value,low95,high95,at_bound
std::string parameter_csv(const calibrate::Fit& fit);

}  // namespace perfmodel::cli
