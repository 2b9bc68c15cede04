using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Unkey.Tests.Support;

namespace Unkey.Conventions.Tests;

/// <summary>A file of the repository as text.</summary>
/// <param name="Path">Relative to the repository, with forward slashes.</param>
/// <param name="Lines">Its lines.</param>
internal sealed record SourceFile(string Path, IReadOnlyList<string> Lines)
{
    private static readonly string[] s_folders = ["src", "tests", "perf", "docs", ".ci"];
    private static readonly string[] s_textEndings =
        [".cs", ".csproj", ".props", ".targets", ".md", ".mjs", ".js", ".json", ".py", ".sh", ".c", ".h", ".txt", ".sln", ".yml", ".aot", ".service"];

    private static readonly Lazy<IReadOnlyList<SourceFile>> s_all = new(ReadAll);

    /// <summary>Every text file that belongs to the project.</summary>
    public static IReadOnlyList<SourceFile> All => s_all.Value;

    /// <summary>Every C# file.</summary>
    public static IEnumerable<SourceFile> CSharp => All.Where(file => file.Path.EndsWith(".cs", StringComparison.Ordinal));

    /// <summary>A file that exists in a test alone.</summary>
    public static SourceFile Sample(string path, string text) => new(path, text.Split('\n'));

    private static List<SourceFile> ReadAll()
    {
        string root = RepositoryPaths.Root;
        IEnumerable<string> paths = Directory.EnumerateFiles(root)
            .Concat(s_folders.Select(folder => System.IO.Path.Combine(root, folder)).Where(Directory.Exists).SelectMany(Files));
        return
        [
            .. paths.Where(IsText).Select(path => new SourceFile(System.IO.Path.GetRelativePath(root, path).Replace('\\', '/'), File.ReadAllLines(path))),
        ];
    }

    // Folders that builds and package managers make are not the project's.
    private static IEnumerable<string> Files(string folder) => Directory.EnumerateFiles(folder).Concat(
        Directory.EnumerateDirectories(folder)
            .Where(path => System.IO.Path.GetFileName(path) is not ("bin" or "obj" or "artifacts" or "node_modules" or "TestResults" or "__pycache__"))
            .SelectMany(Files));

    private static bool IsText(string path) =>
        System.IO.Path.GetExtension(path) is "" || s_textEndings.Contains(System.IO.Path.GetExtension(path));
}
