using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Reflection;
using System.Text;
using Microsoft.Extensions.Logging;
using Unkey.Server.Diagnostics;
using Unkey.Tests.Support;
using Xunit;

namespace Unkey.Server.Tests.Hosting;

/// <summary>The ids of log entries are stable: each belongs to one entry, and docs/operations.md lists them all.</summary>
public sealed class LogEventTests
{
    private const string Begin = "<!-- log entries: begin (drawn from the program; UNKEY_TEST_UPDATE=1 redraws it when the tests run) -->\n";
    private const string End = "<!-- log entries: end -->\n";

    private static IReadOnlyList<(int Id, string Name, LogLevel Level, string Message)> Entries { get; } =
    [
        .. typeof(Metrics).Assembly.GetTypes()
            .SelectMany(static type => type.GetMethods(BindingFlags.Static | BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
            .Select(static method => (Method: method, Entry: method.GetCustomAttribute<LoggerMessageAttribute>()))
            .Where(static pair => pair.Entry is not null)
            .Select(static pair => (pair.Entry!.EventId, pair.Entry.EventName ?? pair.Method.Name, pair.Entry.Level, pair.Entry.Message))
            .OrderBy(static entry => entry.EventId),
    ];

    [Fact]
    public void EveryEntryHasAnIdAndANameOfItsOwn()
    {
        Assert.True(Entries.Count > 60, "the entries are found");
        Assert.Empty(Entries.GroupBy(static entry => entry.Id).Where(static group => group.Count() > 1).Select(static group => group.Key));
        Assert.Empty(Entries.GroupBy(static entry => entry.Name).Where(static group => group.Count() > 1).Select(static group => group.Key));
        Assert.All(Entries, static entry => Assert.InRange(entry.Id, 1000, 9999));
    }

    [Fact]
    public void TheTableOfTheOperatorsIsTheOneOfTheProgram()
    {
        string path = Path.Combine(RepositoryPaths.Root, "docs", "operations.md");
        string text = File.ReadAllText(path);
        int begin = text.IndexOf(Begin, StringComparison.Ordinal);
        int end = text.IndexOf(End, StringComparison.Ordinal);
        Assert.True(begin >= 0 && end > begin, "docs/operations.md has lost the marks around its table of log entries.");
        begin += Begin.Length;
        StringBuilder table = new("| id | event | level | message |\n|---|---|---|---|\n");
        foreach ((int id, string name, LogLevel level, string message) in Entries)
        {
            table.Append($"| {id} | `{name}` | {LogLevelText.Of(level)} | {message.Replace("|", "\\|", StringComparison.Ordinal)} |\n");
        }

        if (Environment.GetEnvironmentVariable("UNKEY_TEST_UPDATE") == "1")
        {
            File.WriteAllText(path, string.Concat(text.AsSpan(0, begin), table.ToString(), text.AsSpan(end)));
            return;
        }

        Assert.Equal(table.ToString(), text[begin..end]);
    }
}
