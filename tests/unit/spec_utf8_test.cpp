#include "spec/utf8.hpp"

#include <gtest/gtest.h>

#include <string>

namespace perfmodel::spec {
namespace {

TEST(Utf8, AcceptsTheEdgesOfEveryLength) {
  for (const char* text : {"", "a\x7f", "\u0080", "\u07ff", "\u0800", "\xED\x9F\xBF", "\ue000",
                           "\uffff", "\U00010000", "\U0010ffff"}) {
    EXPECT_EQ(find_invalid_utf8(text), std::string_view::npos) << text;
  }
}

TEST(Utf8, RefusesIllFormedSequences) {
  for (const char* text : {
           "\x80", "\xBF", "\xFE", "\xFF",          // no lead byte
           "\xC0\x80", "\xC1\xBF", "\xE0\x9F\xBF",  // overlong
           "\xF0\x8F\xBF\xBF",                      // overlong
           "\xED\xA0\x80", "\xED\xBF\xBF",          // surrogates
           "\xF4\x90\x80\x80", "\xF5\x80\x80\x80",  // above U+10FFFF
           "\xC3", "\xE2\x82", "\xF0\x9F\x98",      // cut short
           "\xC3(", "\xE2\x82(", "\xF0\x9F\x98("    // not continued
       }) {
    EXPECT_EQ(find_invalid_utf8(std::string("ok\u00e4") + text), 4u);
  }
}

TEST(Utf8, CountsCharacters) {
  EXPECT_EQ(count_characters("a\u00e4\u20ac\U0001F600"), 4u);
}

}  // namespace
}  // namespace perfmodel::spec
