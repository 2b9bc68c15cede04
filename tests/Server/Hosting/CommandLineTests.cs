using System;
using System.Collections.Generic;
using System.IO;
using Unkey.Server.Commands;
using Unkey.Server.Hosting;
using Xunit;

namespace Unkey.Server.Tests.Hosting;

public sealed class CommandLineTests
{
    [Theory]
    [InlineData("--help")]
    [InlineData("serve --help")]
    public void HelpExplainsEveryOptionWithDefaultAndEnvironmentName(string arguments)
    {
        Result result = Run(arguments.Split(' '));
        Assert.Equal(0, result.ExitCode);
        string text = string.Join(' ', result.Output.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        foreach (Setting setting in ServerSettings.All)
        {
            Assert.Contains($"{setting.Option} <{setting.ValueName}>", text, StringComparison.Ordinal);
            Assert.Contains(setting.HelpText, text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void AMisspelledOptionIsNamedWithASuggestionAndHidesNoOtherProblem()
    {
        Result result = Run("serve", "--lisen", "127.0.0.1:1", "--threads", "0", "--log-level", "loud");
        Assert.Equal(2, result.ExitCode);
        Assert.Contains("unknown option --lisen; did you mean --listen?", result.Error, StringComparison.Ordinal);
        Assert.Contains("--threads: '0'", result.Error, StringComparison.Ordinal);
        Assert.Contains("--log-level: 'loud'", result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("127.0.0.1:1", result.Error, StringComparison.Ordinal);
        Assert.Empty(result.Output);
    }

    [Fact]
    public void AMisspelledCommandIsNamedWithASuggestion()
    {
        Result result = Run("helth");
        Assert.Equal(2, result.ExitCode);
        Assert.Contains("'helth'; did you mean health?", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void AValueBehindAnUnknownOptionIsNotPrinted()
    {
        Result result = Run("--rootkey=s3cret-s3cret-s3cret");
        Assert.Equal(2, result.ExitCode);
        Assert.DoesNotContain("s3cret", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void AServerOptionBeforeAnotherCommandIsRefusedRatherThanIgnored()
    {
        Result result = Run("--listen", "127.0.0.1:1", "version");
        Assert.Equal(2, result.ExitCode);
        Assert.Contains("--listen is an option of 'serve'", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void ControlCharactersOfArgumentsDoNotReachTheTerminal()
    {
        Result result = Run("--log-level", "\u001b]0;owned\u0007", "--\u001b[31mred");
        Assert.DoesNotContain('\u001b', result.Error);
        Assert.Contains("\\u001b", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void VersionNamesWhatIsLinkedIn()
    {
        Result result = Run("version");
        Assert.Equal(0, result.ExitCode);
        Assert.Matches(@"unkey\s+\d+\.\d+\.\d+", result.Output);
        Assert.Matches(@"sqlite\s+3\.\d+", result.Output);
        Assert.Matches(@"runtime\s+\.NET 10\.", result.Output);
        Assert.Matches(@"openssl\s+\S", result.Output);
    }

    [Theory]
    [InlineData("ftp://127.0.0.1")]
    [InlineData("127.0.0.1:8080")]
    [InlineData("http://user:secret@127.0.0.1")]
    public void AUrlThatIsNoneIsAUsageError(string url)
    {
        Result result = Run("health", "--url", url);
        Assert.Equal(2, result.ExitCode);
    }

    [Fact]
    public void ManagementWithoutARootKeyIsAUsageError()
    {
        Result result = Run("root-key", "list");
        Assert.Equal(2, result.ExitCode);
        Assert.Contains("UNKEY_ROOT_KEY", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void CreatingARootKeyNeedsPermissions()
    {
        Result result = Run("root-key", "create");
        Assert.Equal(2, result.ExitCode);
        Assert.Contains("--permission", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("listen", "listen", true)]
    [InlineData("--lisen", "--listen", true)]
    [InlineData("--max-conections", "--max-connections", true)]
    [InlineData("--postgres", "--listen", false)]
    public void OnlyCloseWordsAreSuggested(string word, string candidate, bool suggested) =>
        Assert.Equal(suggested ? candidate : null, Spelling.Closest(word, [candidate]));

    [Theory]
    [InlineData("30m", 1_800_000)]
    [InlineData("12h", 43_200_000)]
    [InlineData("90d", 7_776_000_000)]
    [InlineData("2027-01-31T00:00:00Z", 1_801_353_600_000 - 1_700_000_000_000)]
    [InlineData("2027-01-31T02:00:00+02:00", 1_801_353_600_000 - 1_700_000_000_000)]
    public void ExpiriesAreRead(string text, long afterNowMs)
    {
        DateTimeOffset now = DateTimeOffset.FromUnixTimeMilliseconds(1_700_000_000_000);
        Assert.Null(ExpiryText.TryRead(text, now, out long unixMs));
        Assert.Equal(1_700_000_000_000 + afterNowMs, unixMs);
    }

    [Theory]
    [InlineData("")]
    [InlineData("d")]
    [InlineData("0d")]
    [InlineData("-1d")]
    [InlineData("99999999999999999d")]
    [InlineData("2020-01-01T00:00:00Z")]
    [InlineData("tomorrow")]
    [InlineData("12:00")]
    public void AnythingElseIsNoExpiry(string text) =>
        Assert.NotNull(ExpiryText.TryRead(text, DateTimeOffset.FromUnixTimeMilliseconds(1_700_000_000_000), out _));

    private static Result Run(params string[] arguments)
    {
        using StringWriter output = new();
        using StringWriter error = new();
        Dictionary<string, string> environment = [];
        int exitCode = CommandLine.Run(arguments, new CommandContext(output, error, name => environment.GetValueOrDefault(name)));
        return new Result(exitCode, output.ToString(), error.ToString());
    }

    private sealed record Result(int ExitCode, string Output, string Error);
}
