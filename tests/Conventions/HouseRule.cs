using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.RegularExpressions;

namespace Unkey.Conventions.Tests;

/// <summary>A rule over the text of files, with a text that breaks it as proof that it can fail.</summary>
/// <param name="Name">The rule in a few words.</param>
/// <param name="AppliesTo">Which files it is about.</param>
/// <param name="Broken">Whether the line at an index breaks it; the file is given for what stands around.</param>
/// <param name="SamplePath">Path of a file it is about.</param>
/// <param name="BadSample">A text that breaks it.</param>
/// <param name="GoodSample">A text close by that keeps it.</param>
internal sealed record HouseRule(
    string Name, Func<string, bool> AppliesTo, Func<SourceFile, int, bool> Broken, string SamplePath, string BadSample, string GoodSample)
{
    private const int CharactersMax = 200;
    private const int LinesMax = 600;

    /// <summary>How far above a site the comment may stand that gives the reason for it: enough for a short method under one comment.</summary>
    private const int ReasonLinesAbove = 8;

    /// <summary>The off-heap blocks and the tables on them, the sockets, the few native calls of the host, and what SQLite calls to read events.</summary>
    private static IReadOnlyList<string> PointerPlaces =>
        [
            "src/Engine/Memory/", "src/Engine/Keys/", "src/Engine/Limits/", "src/Engine/Events/", "src/Server/Transport/",
            "src/Server/Hosting/", "src/Server/Storage/Credits/", "src/Server/Storage/Sqlite/SqliteColumns.cs", "src/Server/Storage/Sqlite/SqliteFiles.cs", "src/Server/Events/Sqlite/Segments/",
        ];

    public static IReadOnlyList<HouseRule> All { get; } =
    [
        new(
            "nothing is left to do",
            IsCSharp,
            (file, i) => Regex.IsMatch(file.Lines[i], @"\b(TO" + @"DO|FIX" + @"ME|HA" + @"CK)\b|NotImplemented" + "Exception"),
            "src/A.cs",
            "// TO" + "DO later",
            "// done"),
        new(
            "a line has at most 200 characters, but for JSON and log entries",
            IsCSharp,
            (file, i) => file.Lines[i].Length > CharactersMax && !file.Lines[i].Contains("LoggerMessage(", StringComparison.Ordinal)
                && !file.Lines[i].Contains("\"\"\"", StringComparison.Ordinal),
            "src/A.cs",
            new string('x', CharactersMax + 1),
            new string('x', CharactersMax)),
        new(
            "a file has at most 600 lines",
            IsCSharp,
            (file, i) => i == LinesMax,
            "src/A.cs",
            new string('\n', LinesMax),
            new string('\n', LinesMax - 1)),
        new(
            "memory ordering has its reason (// ORDER:)",
            path => IsProduct(path),
            (file, i) => Regex.IsMatch(Code(file.Lines[i]), @"\b(Volatile|Interlocked|Thread\.MemoryBarrier)\b[.(]")
                && !HasReason(file, i, "ORDER:") && !HasReasonAtField(file, i, "ORDER:"),
            "src/Engine/A.cs",
            "Volatile.Write(ref _a, 1);",
            "// ORDER: release; pairs with the read in B.\nVolatile.Write(ref _a, 1);"),
        new(
            "unchecked access has its reason (// SAFETY:)",
            path => IsProduct(path),
            (file, i) => Regex.IsMatch(Code(file.Lines[i]), @"(?<![\w.])Unsafe\.\w|MemoryMarshal\.(GetReference|GetArrayDataReference|CreateSpan|CreateReadOnlySpan)\b")
                && !HasReason(file, i, "SAFETY:"),
            "src/Engine/A.cs",
            "ref byte b = ref Unsafe.Add(ref a, 1);",
            "// SAFETY: the length was checked above.\nref byte b = ref Unsafe.Add(ref a, 1);"),
        new(
            "pointers stay in their places",
            path => IsProduct(path) && !PointerPlaces.Any(place => path.StartsWith(place, StringComparison.Ordinal)),
            (file, i) => Regex.IsMatch(Code(file.Lines[i]), @"\bunsafe\b"),
            "src/Protocol/A.cs",
            "public unsafe void M()",
            "public void M()"),
        new(
            "tests wait for conditions, not for time",
            path => path.StartsWith("tests/", StringComparison.Ordinal) && IsCSharp(path),
            (file, i) => Regex.IsMatch(file.Lines[i], @"\bThread\.Sl" + @"eep|\bTask\.De" + "lay"),
            "tests/A.cs",
            "Thread.Sl" + "eep(5);",
            "Poll.Until(() => done);"),
        new(
            "no test is skipped",
            path => path.StartsWith("tests/", StringComparison.Ordinal) && IsCSharp(path),
            (file, i) => Regex.IsMatch(file.Lines[i], @"\bSk" + @"ip *= *"""),
            "tests/A.cs",
            "[Fact(Sk" + "ip = \"later\")]",
            "[Fact]"),
        new(
            "time comes in as a parameter in Protocol and Engine",
            path => (path.StartsWith("src/Protocol/", StringComparison.Ordinal) || path.StartsWith("src/Engine/", StringComparison.Ordinal)) && IsCSharp(path),
            (file, i) => Regex.IsMatch(Code(file.Lines[i]), @"\b(DateTime|DateTimeOffset|Environment|Stopwatch)\.(UtcNow|Now|TickCount|GetTimestamp)"),
            "src/Engine/A.cs",
            "long now = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();",
            "long now = nowMs;"),
        new(
            "nothing names a path of a machine or the host of a registry",
            path => !path.EndsWith("HouseRule.cs", StringComparison.Ordinal),
            (file, i) => Regex.IsMatch(file.Lines[i], @"(?<![\w.])/(root|home|Users)/\w|https?://[\w.-]*(npm|nuget)[\w.-]*/|""resolved"": ""http"),
            "docs/a.md",
            "see /home/somebody",
            "see docs/architecture.md"),
        new(
            "text ends its lines with LF and without blanks",
            path => IsCSharp(path),
            (file, i) => file.Lines[i].Length > 0 && char.IsWhiteSpace(file.Lines[i][^1]),
            "src/A.cs",
            "int a; ",
            "int a;"),
    ];

    /// <summary>The places where a file breaks the rule.</summary>
    public IEnumerable<string> Violations(SourceFile file)
    {
        if (!AppliesTo(file.Path))
        {
            yield break;
        }

        for (int i = 0; i < file.Lines.Count; i++)
        {
            if (Broken(file, i))
            {
                yield return $"{file.Path}:{i + 1}: {file.Lines[i].Trim()}";
            }
        }
    }

    private static bool IsCSharp(string path) => path.EndsWith(".cs", StringComparison.Ordinal);

    private static bool IsProduct(string path) => path.StartsWith("src/", StringComparison.Ordinal) && IsCSharp(path);

    // A line without its comment and without what stands in quotes.
    private static string Code(string line)
    {
        string code = Regex.Replace(line, "\"(\\\\.|[^\"\\\\])*\"", "\"\"");
        int comment = code.IndexOf("//", StringComparison.Ordinal);
        return comment < 0 ? code : code[..comment];
    }

    // A counter or a flag that several short members read has its reason once, where it is declared.
    private static bool HasReasonAtField(SourceFile file, int line, string tag)
    {
        Match field = Regex.Match(file.Lines[line], @"\bref (_\w+)");
        if (!field.Success)
        {
            return false;
        }

        Regex declaration = new($@"^\s*(private|internal)\b[^=(]*\b{field.Groups[1].Value}\b\s*(=|;)");
        for (int i = 0; i < file.Lines.Count; i++)
        {
            if (declaration.IsMatch(file.Lines[i]))
            {
                return HasReason(file, i, tag);
            }
        }

        return false;
    }

    private static bool HasReason(SourceFile file, int line, string tag)
    {
        for (int i = line; i >= Math.Max(0, line - ReasonLinesAbove); i--)
        {
            if (file.Lines[i].Contains(tag, StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }
}
