using System;
using System.IO;
using System.Linq;
using System.Text;
using Unkey.Server.Events.Outlets;
using Xunit;

namespace Unkey.Server.Tests.Events;

public sealed class RotatingFileTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("unkey-lines-").FullName;

    private string FilePath => Path.Combine(_directory, "made", "lines");

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void AFullFileMakesRoomAndTheOldestGoes()
    {
        using (RotatingFile file = RotatingFile.Open(FilePath, bytesMax: 25, filesMax: 3))
        {
            for (int i = 0; i < 10; i++)
            {
                file.Write(Encoding.ASCII.GetBytes($"line no {i}\n"));
            }
        }

        // Ten bytes a line, so two a file.
        Assert.Equal(["lines", "lines.1", "lines.2"], Names());
        Assert.Equal("line no 8\nline no 9\n", File.ReadAllText(FilePath));
        Assert.Equal("line no 6\nline no 7\n", File.ReadAllText(FilePath + ".1"));
        Assert.Equal("line no 4\nline no 5\n", File.ReadAllText(FilePath + ".2"));
        foreach (string path in Directory.GetFiles(Path.GetDirectoryName(FilePath)!))
        {
            Assert.True(OperatingSystem.IsWindows() || File.GetUnixFileMode(path) == (UnixFileMode.UserRead | UnixFileMode.UserWrite), path);
        }
    }

    [Fact]
    public void OneFileAloneBeginsAgain()
    {
        using (RotatingFile file = RotatingFile.Open(FilePath, bytesMax: 5, filesMax: 1))
        {
            file.Write("one\n"u8);
            file.Write("two\n"u8);
            file.Write("a line that is longer than the file may be\n"u8);
        }

        Assert.Equal(["lines"], Names());
        Assert.Equal("a line that is longer than the file may be\n", File.ReadAllText(FilePath));
    }

    [Fact]
    public void LinesAreAddedToWhatIsThereAndAnUnfinishedOneIsEnded()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(FilePath)!);
        File.WriteAllText(FilePath, "whole\ncut o");
        using (RotatingFile file = RotatingFile.Open(FilePath, bytesMax: 20, filesMax: 2))
        {
            file.Write("next\n"u8);
            file.Write("last\n"u8);
        }

        Assert.Equal("whole\ncut o\nnext\n", File.ReadAllText(FilePath + ".1"));
        Assert.Equal("last\n", File.ReadAllText(FilePath));
    }

    [Fact]
    public void AFileThatSomebodyMovedAwayIsMadeAgain()
    {
        using RotatingFile file = RotatingFile.Open(FilePath, bytesMax: 1_000, filesMax: 2);
        file.Write("one\n"u8);
        File.Move(FilePath, FilePath + ".moved");
        file.Write("two\n"u8);
        Assert.Equal("one\n", File.ReadAllText(FilePath + ".moved"));
        Assert.Equal("two\n", File.ReadAllText(FilePath));
    }

    [Fact]
    public void WhatCannotBeWrittenIsAnIoFaultAndTheNextWriteGoesOn()
    {
        using RotatingFile file = RotatingFile.Open(FilePath, bytesMax: 5, filesMax: 2);
        file.Write("one\n"u8);

        // In the way of the rotation.
        Directory.CreateDirectory(FilePath + ".1");
        Assert.ThrowsAny<IOException>(() => file.Write("two\n"u8));
        Directory.Delete(FilePath + ".1");
        file.Write("three\n"u8);
        Assert.Equal("one\n", File.ReadAllText(FilePath + ".1"));
        Assert.Equal("three\n", File.ReadAllText(FilePath));
    }

    [Fact]
    public void WhatIsNoFileIsRefused()
    {
        Assert.ThrowsAny<IOException>(() => RotatingFile.Open(_directory, 1_000, 2));
        Assert.ThrowsAny<IOException>(() => RotatingFile.Open("/dev/null", 1_000, 2));
    }

    private string[] Names() => [.. Directory.GetFiles(Path.GetDirectoryName(FilePath)!).Select(static path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];
}
