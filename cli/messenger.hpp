// Messages between the processes of one run on several machines, without a word of how: the module
// that speaks MPI is loaded where a run has several (sweep_ranks.hpp), so that the program itself
// needs no MPI.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace perfmodel::cli {

/// For one thread.
class Messenger {
 public:
  struct Message {
    int from = 0;
    std::string bytes;
  };

  Messenger() = default;
  Messenger(const Messenger&) = delete;
  Messenger& operator=(const Messenger&) = delete;
  /// Waits for all other ranks to come to their ends too.
  virtual ~Messenger() = default;

  virtual int rank() const = 0;
  virtual int size() const = 0;
  virtual void send(int to, std::string_view bytes) = 0;
  /// The next message of any rank, if one is there.
  virtual std::optional<Message> receive() = 0;
  /// Ends the processes of all ranks, this one included, with this status.
  virtual void abort(int status) = 0;
};

/// What the module exports, as `perfmodel_messenger`.
using MakeMessenger = Messenger* (*)();

}  // namespace perfmodel::cli
