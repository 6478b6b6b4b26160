// Every <rule>.yaml here is wrong on purpose, and <rule>.txt beside it is what must be said about
// it. A file may begin with directives for the test: "# set: path=value" applies an override, "#
// bytes: N" lowers the size limit. With PERFMODEL_UPDATE_GOLDEN=1 in the environment the .txt files
// are rewritten; read the difference before keeping it.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>

#include "negative/gadget.hpp"
#include "spec/messages.hpp"

namespace perfmodel::test {
namespace {

namespace fs = std::filesystem;

std::string slurp(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

std::vector<fs::path> files_of_type(const std::string& extension) {
  std::vector<fs::path> out;
  for (const auto& entry : fs::directory_iterator(PERFMODEL_TEST_DIR)) {
    if (entry.path().extension() == extension) out.push_back(entry.path());
  }
  std::sort(out.begin(), out.end());
  return out;
}

struct Directives {
  spec::Limits limits;
  std::vector<std::pair<std::string, std::string>> overrides;
};
Directives directives_of(const std::string& text) {
  Directives out;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("# bytes: ")) out.limits.bytes = std::stoul(line.substr(9));
    if (!line.starts_with("# set: ")) continue;
    const auto equals = line.find('=');
    out.overrides.emplace_back(line.substr(7, equals - 7), line.substr(equals + 1));
  }
  return out;
}

std::string diagnose(const fs::path& file) {
  const std::string text = slurp(file);
  const auto directives = directives_of(text);
  spec::Diagnostics diagnostics;
  auto document =
      spec::parse_document(text, file.filename().string(), diagnostics, directives.limits);
  const bool readable = diagnostics.empty();
  for (const auto& [path, value] : directives.overrides) {
    spec::apply_override(document, path, value, diagnostics);
  }
  // As in the program: what is not a document is not read on.
  if (readable) read_gadget(document, diagnostics);
  return diagnostics.to_string();
}

// By stem, so that test names hold no folder of this machine.
std::vector<std::string> cases() {
  std::vector<std::string> out;
  for (const auto& file : files_of_type(".yaml")) out.push_back(file.stem().string());
  return out;
}
class Negative : public testing::TestWithParam<std::string> {};

TEST_P(Negative, SaysWhatIsWrong) {
  const std::string actual = diagnose(fs::path(PERFMODEL_TEST_DIR) / (GetParam() + ".yaml"));
  const fs::path golden = fs::path(PERFMODEL_TEST_DIR) / (GetParam() + ".txt");
  if (std::getenv("PERFMODEL_UPDATE_GOLDEN") != nullptr) {
    std::ofstream(golden, std::ios::binary) << actual;
  }
  ASSERT_TRUE(fs::exists(golden)) << "no golden text; the diagnostics are\n" << actual;
  EXPECT_EQ(actual, slurp(golden));
  EXPECT_NE(actual, "") << "a negative case must be refused";
}

std::string test_name(const testing::TestParamInfo<std::string>& info) {
  std::string name = info.param;
  std::replace_if(
      name.begin(), name.end(), [](char c) { return c == '-' || c == '.'; }, '_');
  return name;
}
INSTANTIATE_TEST_SUITE_P(Files, Negative, testing::ValuesIn(cases()), test_name);

TEST(NegativeCoverage, GoldenTextsAllHaveTheirYaml) {
  for (const auto& golden : files_of_type(".txt")) {
    EXPECT_TRUE(fs::exists(fs::path(golden).replace_extension(".yaml"))) << golden;
  }
}

TEST(NegativeCoverage, CorrectGadgetIsAccepted) {
  const std::string text = slurp(fs::path(PERFMODEL_TEST_DIR) / "correct" / "gadget.yaml");
  ASSERT_NE(text, "");
  spec::Diagnostics diagnostics;
  read_gadget(spec::parse_document(text, "gadget.yaml", diagnostics), diagnostics);
  EXPECT_EQ(diagnostics.to_string(), "");
}

// "key {} is missing" -> the regular expression for what it can become.
std::regex pattern_of(std::string_view message) {
  std::string pattern = ": ";
  for (std::size_t i = 0; i < message.size(); ++i) {
    if (message.substr(i, 2) == "{}") {
      pattern += ".+";
      ++i;
    } else {
      if (std::string_view("[](){}.?*+^$|\\").find(message[i]) != std::string_view::npos) {
        pattern += '\\';
      }
      pattern += message[i];
    }
  }
  return std::regex(pattern + "( \\(|\n|$)");
}

TEST(NegativeCoverage, EveryMessageHasACase) {
  std::string all;
  for (const auto& golden : files_of_type(".txt")) all += slurp(golden);
  for (const auto& message : spec::kAllMessages) {
    EXPECT_TRUE(std::regex_search(all, pattern_of(message.text)))
        << "no file in tests/negative provokes '" << message.name << "': " << message.text;
  }
}

}  // namespace
}  // namespace perfmodel::test
