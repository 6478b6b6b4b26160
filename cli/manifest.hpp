// Checksums of the files under results/, in the format of sha256sum, so that `sha256sum -c
// MANIFEST` works there too.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "spec/diagnostics.hpp"

namespace perfmodel::cli {

inline constexpr std::string_view kManifest = "MANIFEST";

/// In hexadecimal, lower case.
std::string sha256(std::string_view bytes);

/// Holds the manifest against the folder it lies in. Lines that are none, files that changed, that
/// are missing, and that no line lists are problems, named as `shown` says; hidden files do not
/// count.
void check_manifest(const std::filesystem::path& manifest, const std::string& shown,
                    spec::Diagnostics& diagnostics);

}  // namespace perfmodel::cli
