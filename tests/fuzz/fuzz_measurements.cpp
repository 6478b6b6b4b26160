// Any bytes at all as a table of measurements. Nothing may crash; a table without problems is
// rectangular, its lines rise, and its measurements are positive.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "calibrate/measurement.hpp"

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
  if (!diagnostics.empty()) return;
  require(rows.size() == table.rows.size());
  for (const auto& m : rows) require_sane(m);
}

/// A header that is right, so that fields are reached too.
const std::string kHeader =
    "id,source,source_url,date,chip,n_chips,model,weight_dtype,act_dtype,kv_dtype,stack,"
    "stack_version,mode,prefill_workers,prefill_tp,prefill_pp,prefill_attn_dp,prefill_moe_tp,"
    "prefill_moe_ep,decode_workers,decode_tp,decode_pp,decode_attn_dp,decode_moe_tp,decode_moe_ep,"
    "input_len,output_len,length_jitter,concurrency,batch_per_chip,draft_tokens,accepted_per_step,"
    "prefix_hit,metric,statistic,value,unit,notes\n";

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  read(text);
  read(kHeader + std::string(text));
  return 0;
}
