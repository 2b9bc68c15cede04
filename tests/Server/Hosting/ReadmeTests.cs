using System;
using System.IO;
using System.Text;
using Unkey.Server.Hosting;
using Unkey.Tests.Support;
using Xunit;

namespace Unkey.Server.Tests.Hosting;

/// <summary>The settings table of the README is drawn from the program, so that it cannot be out of date.</summary>
public sealed class ReadmeTests
{
    private const string Begin = "<!-- settings: begin (drawn from the program; UNKEY_TEST_UPDATE=1 redraws it when the tests run) -->\n";
    private const string End = "<!-- settings: end -->\n";

    [Fact]
    public void TheSettingsTableIsTheOneOfTheProgram()
    {
        string path = Path.Combine(RepositoryPaths.Root, "README.md");
        string text = File.ReadAllText(path);
        int begin = text.IndexOf(Begin, StringComparison.Ordinal);
        int end = text.IndexOf(End, StringComparison.Ordinal);
        Assert.True(begin >= 0 && end > begin, "README.md has lost the marks around its settings table.");
        begin += Begin.Length;
        string table = Draw();
        if (Environment.GetEnvironmentVariable("UNKEY_TEST_UPDATE") == "1")
        {
            File.WriteAllText(path, string.Concat(text.AsSpan(0, begin), table, text.AsSpan(end)));
            return;
        }

        Assert.Equal(table, text[begin..end]);
    }

    private static string Draw()
    {
        StringBuilder table = new("| option | default | meaning |\n|---|---|---|\n");
        foreach (Setting setting in ServerSettings.All)
        {
            string value = setting.ValueName.Replace("|", "\\|", StringComparison.Ordinal);
            table.Append($"| `{setting.Option} {value}` | {(setting.Default is null ? "" : $"`{setting.Default}`")} | {setting.Description} |\n");
        }

        return table.ToString();
    }
}
