// UTF-8, as far as a parser of untrusted text needs it.
#pragma once

#include <cstddef>
#include <string_view>

namespace perfmodel::spec {

/// Offset of the first byte that is not part of well-formed UTF-8 (RFC 3629: no overlong forms, no
/// surrogates, nothing above U+10FFFF); npos when all is well.
std::size_t find_invalid_utf8(std::string_view text);

/// Characters, not bytes, in well-formed text.
std::size_t count_characters(std::string_view text);

}  // namespace perfmodel::spec
