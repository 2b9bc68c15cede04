using System;
using System.IO;
using System.Linq;
using Unkey.Server.Hosting;
using Xunit;

namespace Unkey.Server.Tests.Hosting;

public sealed class DataDirectoryTests : IDisposable
{
    private readonly string _parent = Directory.CreateTempSubdirectory("unkey-data-").FullName;

    public void Dispose() => Directory.Delete(_parent, recursive: true);

    [Fact]
    public void AMissingDirectoryIsMadeForItsOwnerAlone()
    {
        string path = DataDirectory.Prepare(Path.Combine(_parent, "a", "b"));
        Assert.True(Directory.Exists(path));
        AssertOwnerOnly(path);
    }

    [Fact]
    public void AnEmptyDirectoryIsTakenAndClosedToOthers()
    {
        string path = Make(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute);
        DataDirectory.Prepare(path);
        AssertOwnerOnly(path);
    }

    [Fact]
    public void ADirectoryOfSomethingElseIsRefusedAndLeftAlone()
    {
        UnixFileMode mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;
        string path = Make(mode);
        File.WriteAllText(Path.Combine(path, "photo.jpg"), "");
        StartupException refused = Assert.Throws<StartupException>(() => DataDirectory.Prepare(path));
        Assert.Contains("something else", refused.Message, StringComparison.Ordinal);
        Assert.Single(Directory.GetFileSystemEntries(path));
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(mode, File.GetUnixFileMode(path));
        }
    }

    [Fact]
    public void ADirectoryWithAnEarlierDatabaseIsTaken()
    {
        string path = Make(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        File.WriteAllText(Path.Combine(path, "notes.txt"), "");
        File.WriteAllText(Path.Combine(path, "unkey.db"), "");
        Assert.Equal(path, DataDirectory.Prepare(path));
    }

    [Fact]
    public void FilesOfABackupThatWasPutBackAreClosedToOthers()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        const UnixFileMode Open = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
        string path = Make(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        string[] own = ["unkey.db", "unkey.credits", "events.db"];
        foreach (string name in own.Append("notes.txt"))
        {
            File.WriteAllText(Path.Combine(path, name), "");
            File.SetUnixFileMode(Path.Combine(path, name), Open);
        }

        DataDirectory.Prepare(path);
        foreach (string name in own)
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(path, name)));
        }

        Assert.Equal(Open, File.GetUnixFileMode(Path.Combine(path, "notes.txt")));
    }

    [Fact]
    public void AFreshVolumeIsEmpty()
    {
        string path = Make(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Directory.CreateDirectory(Path.Combine(path, "lost+found"));
        Assert.Equal(path, DataDirectory.Prepare(path));
    }

    [Fact]
    public void AFileIsNoDirectory()
    {
        string path = Path.Combine(_parent, "file");
        File.WriteAllText(path, "");
        StartupException refused = Assert.Throws<StartupException>(() => DataDirectory.Prepare(path));
        Assert.DoesNotContain('\n', refused.Message);
        Assert.Throws<StartupException>(() => DataDirectory.Prepare(Path.Combine(path, "below")));
    }

    private static void AssertOwnerOnly(string path)
    {
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(path));
        }
    }

    private string Make(UnixFileMode mode)
    {
        string path = Path.Combine(_parent, "data");
        Directory.CreateDirectory(path);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, mode);
        }

        return path;
    }
}
