// One function for each kind of section (cli/report_config.cpp, section_kinds).
#pragma once

#include "cli/report_gather.hpp"

namespace perfmodel::cli {

void fill_throughput(ReportGatherer& g, const ReportSection& s, report::Section& out);
void fill_interactivity(ReportGatherer& g, const ReportSection& s, report::Section& out);
void fill_latency(ReportGatherer& g, const ReportSection& s, report::Section& out);
void fill_breakdown(ReportGatherer& g, const ReportSection& s, report::Section& out);
void fill_memory(ReportGatherer& g, const ReportSection& s, report::Section& out);
void fill_power(ReportGatherer& g, const ReportSection& s, report::Section& out);
void fill_parity(ReportGatherer& g, const ReportSection& s, report::Section& out);
void fill_parts(ReportGatherer& g, const ReportSection& s, report::Section& out);
void fill_uncertainty(ReportGatherer& g, const ReportSection& s, report::Section& out);
void fill_chip(ReportGatherer& g, const ReportSection& s, report::Section& out);
void fill_roofline(ReportGatherer& g, const ReportSection& s, report::Section& out);
void fill_memories(ReportGatherer& g, const ReportSection& s, report::Section& out);
void fill_format_speed(ReportGatherer& g, const ReportSection& s, report::Section& out);
void fill_format_error(ReportGatherer& g, const ReportSection& s, report::Section& out);
void fill_format_predictions(ReportGatherer& g, const ReportSection& s, report::Section& out);
void fill_weights(ReportGatherer& g, const ReportSection& s, report::Section& out);
void fill_host_roofline(ReportGatherer& g, const ReportSection& s, report::Section& out);
void fill_host_accuracy(ReportGatherer& g, const ReportSection& s, report::Section& out);
void fill_accuracy(ReportGatherer& g, const ReportSection& s, report::Section& out);

}  // namespace perfmodel::cli
