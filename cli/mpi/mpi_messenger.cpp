// Messages by MPI. A module: the program loads it where mpirun started it.
#include <mpi.h>

#include <cstdlib>

#include "cli/messenger.hpp"

namespace perfmodel::cli {
namespace {

constexpr int kTag = 1;

class MpiMessenger final : public Messenger {
 public:
  MpiMessenger() {
    // Worker threads run beside it, but only one thread sends and receives.
    int provided = MPI_THREAD_SINGLE;
    MPI_Init_thread(nullptr, nullptr, MPI_THREAD_FUNNELED, &provided);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank_);
    MPI_Comm_size(MPI_COMM_WORLD, &size_);
  }
  ~MpiMessenger() override { MPI_Finalize(); }

  int rank() const override { return rank_; }
  int size() const override { return size_; }

  void send(int to, std::string_view bytes) override {
    MPI_Send(bytes.data(), static_cast<int>(bytes.size()), MPI_BYTE, to, kTag, MPI_COMM_WORLD);
  }

  std::optional<Message> receive() override {
    int there = 0;
    MPI_Status status;
    MPI_Iprobe(MPI_ANY_SOURCE, kTag, MPI_COMM_WORLD, &there, &status);
    if (there == 0) return std::nullopt;
    int size = 0;
    MPI_Get_count(&status, MPI_BYTE, &size);
    Message m{status.MPI_SOURCE, std::string(static_cast<std::size_t>(size), '\0')};
    MPI_Recv(m.bytes.data(), size, MPI_BYTE, m.from, kTag, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    return m;
  }

  void abort(int status) override {
    MPI_Abort(MPI_COMM_WORLD, status);
    std::_Exit(status);
  }

 private:
  int rank_ = 0;
  int size_ = 1;
};

}  // namespace
}  // namespace perfmodel::cli

extern "C" perfmodel::cli::Messenger* perfmodel_messenger() {
  return new perfmodel::cli::MpiMessenger;  // NOLINT(*-owning-memory): the caller owns it
}
