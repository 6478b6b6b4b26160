// Any bytes at all as a table of measurements or operator timings. Nothing may crash; a table
// without problems is rectangular, its lines rise, and its measurements are positive.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "calibrate/measurement.hpp"
#include "calibrate/operator_timing.hpp"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

void require_sane(const perfmodel::calibrate::Measurement& m) {
  require(m.value > 0 && std::isfinite(m.value));
  require(m.metric && m.line > 1);
  for (const auto* d : {&m.prefill, &m.decode})
    for (const auto& v : {d->workers, d->tp, d->pp, d->attn_dp, d->moe_tp, d->moe_ep})
      require(!v || *v >= 1);
  for (const auto& v :
       {m.n_chips, m.input, m.output, m.concurrency, m.batch_per_chip, m.draft_tokens, m.accepted,
        m.prefix_hit, m.jitter, m.note_number("prefill_chips")})
    require(!v || std::isfinite(*v));
}

void require_sane(const perfmodel::calibrate::OperatorTiming& t) {
  require(t.time > perfmodel::Time() && t.time.is_finite() && t.line > 1);
  require(!t.id.empty() && !t.source.empty() && !t.chip.empty());
  for (const double v :
       {t.m, t.n, t.k, t.groups, t.rows, t.topk, t.batch, t.length, t.heads, t.kv_heads, t.head_dim,
        t.v_dim, t.devices, t.devices_per_node, t.tokens, t.bytes.base()})
    require(v >= 0 && std::isfinite(v));
}

void read(std::string_view text) {
  using namespace perfmodel;
  spec::Diagnostics diagnostics;
  const auto table = calibrate::parse_csv(text, "fuzz.csv", diagnostics);
  if (!diagnostics.empty()) return;
  int lines = 1;
  for (std::size_t i = 0; i < text.size(); ++i)
    if (text[i] == '\n' || (text[i] == '\r' && text.substr(i + 1, 1) != "\n")) ++lines;
  int last = table.header_line;
  require(last >= 1);
  for (const auto& row : table.rows) {
    require(row.fields.size() == table.header.size());
    require(row.line >= last && row.line <= lines);
    last = row.line;
  }
  const auto rows = calibrate::read_measurements(table, "fuzz.csv", diagnostics);
  if (diagnostics.empty()) {
    require(rows.size() == table.rows.size());
    for (const auto& m : rows) require_sane(m);
  }
  spec::Diagnostics of_timings;
  const auto timings = calibrate::read_operator_timings(table, "fuzz.csv", of_timings);
  if (of_timings.empty()) {
    require(timings.size() == table.rows.size());
    for (const auto& t : timings) require_sane(t);
  }
  spec::Diagnostics of_sources;
  const auto sources = calibrate::read_operator_sources(table, "fuzz.csv", of_sources);
  require(!of_sources.empty() || sources.size() == table.rows.size());
}

/// A header that is right, so that fields are reached too.
const std::string kHeader =
    "id,source,source_url,date,chip,n_chips,model,weight_dtype,act_dtype,kv_dtype,stack,"
    "stack_version,mode,prefill_workers,prefill_tp,prefill_pp,prefill_attn_dp,prefill_moe_tp,"
    "prefill_moe_ep,decode_workers,decode_tp,decode_pp,decode_attn_dp,decode_moe_tp,decode_moe_ep,"
    "input_len,output_len,length_jitter,concurrency,batch_per_chip,draft_tokens,accepted_per_step,"
    "prefix_hit,metric,statistic,value,unit,notes\n";

const std::string kTimings =
    "id,source,chip,op,kernel,dtype,weight_dtype,kv_dtype,quantise,m,n,k,groups,rows,topk,batch,"
    "length,heads,kv_heads,head_dim,v_dim,devices,devices_per_node,bytes,tokens,time_us,flag\n";

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  read(text);
  read(kHeader + std::string(text));
  read(kTimings + std::string(text));
  return 0;
}
