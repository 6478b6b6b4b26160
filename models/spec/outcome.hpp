// A result or the reason why there is none. Running out of memory is an answer, not an exception.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <variant>

namespace perfmodel::spec {

enum class Why : std::uint8_t {
  invalid_mapping,  // the question itself is wrong: tp does not divide the heads, more chips than
                    // there are
  out_of_memory,
  unsupported_type,  // the chip has no such unit
  missing_figure,    // nobody published what the answer needs
  slo_unreachable,
  too_long,   // longer than the model's context
  saturated,  // more requests arrive than can be served
};

struct Infeasible {
  Why why = Why::invalid_mapping;
  std::string reason;   // with the shortfall, in numbers
  std::string nearest;  // the nearest thing that would work, may be empty
};

template <class T>
class Outcome {
 public:
  Outcome(T value) : v_(std::move(value)) {}             // NOLINT(google-explicit-constructor)
  Outcome(Infeasible reason) : v_(std::move(reason)) {}  // NOLINT(google-explicit-constructor)

  explicit operator bool() const { return std::holds_alternative<T>(v_); }
  const T& operator*() const { return std::get<T>(v_); }
  T& operator*() { return std::get<T>(v_); }
  const T* operator->() const { return &std::get<T>(v_); }
  T* operator->() { return &std::get<T>(v_); }
  const Infeasible& error() const { return std::get<Infeasible>(v_); }

 private:
  std::variant<T, Infeasible> v_;
};

}  // namespace perfmodel::spec
