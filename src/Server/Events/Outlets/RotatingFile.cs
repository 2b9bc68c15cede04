using System;
using System.IO;
using Unkey.Server.Storage;

namespace Unkey.Server.Events.Outlets;

/// <summary>Lines to a file that is renamed when it is full: <c>f</c> becomes <c>f.1</c>, that becomes <c>f.2</c>, and the oldest goes. One thread.</summary>
/// <remarks>
/// Lines are whole: what a failed write left is taken back, and a line that an earlier process left unfinished is ended. A file that somebody moved away or
/// deleted is made again at the next write. Nothing is forced to the disk: that is the kernel's business here.
/// </remarks>
internal sealed class RotatingFile : ILineTarget
{
    private readonly string _path;
    private readonly long _bytesMax;
    private readonly int _filesMax;
    private FileStream? _file;
    private long _length;

    private RotatingFile(string path, long bytesMax, int filesMax)
    {
        _path = path;
        _bytesMax = bytesMax;
        _filesMax = filesMax;
    }

    /// <inheritdoc/>
    public string Description => $"the file {_path}";

    /// <summary>Opens the file, or makes it and its directory.</summary>
    /// <param name="path">The file; lines are added to what is there.</param>
    /// <param name="bytesMax">Size that it does not grow beyond, if no write is larger.</param>
    /// <param name="filesMax">Files that are kept, this one included; 1 or more.</param>
    /// <exception cref="IOException">It cannot be written, or is no ordinary file.</exception>
    public static RotatingFile Open(string path, long bytesMax, int filesMax)
    {
        RotatingFile target = new(Path.GetFullPath(path), bytesMax, filesMax);
        target.EnsureOpen();
        return target;
    }

    /// <inheritdoc/>
    public void Write(ReadOnlySpan<byte> lines)
    {
        try
        {
            if (_file is not null && !File.Exists(_path))
            {
                Close();
            }

            FileStream file = EnsureOpen();
            if (_length > 0 && _length + lines.Length > _bytesMax)
            {
                Rotate();
                file = EnsureOpen();
            }

            file.Write(lines);
            _length += lines.Length;
        }
        catch (UnauthorizedAccessException exception)
        {
            throw new IOException(exception.Message, exception);
        }
        catch (IOException)
        {
            TakeBack();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Close();

    private FileStream EnsureOpen()
    {
        if (_file is not null)
        {
            return _file;
        }

        Directory.CreateDirectory(Path.GetDirectoryName(_path)!);

        // A device looks like a file in every way that the framework tells, and would be renamed like one.
        if (_path.StartsWith("/dev/", StringComparison.Ordinal) || Directory.Exists(_path))
        {
            throw new IOException($"'{_path}' is no ordinary file, so it cannot be rotated.");
        }

        // Unbuffered, so that what a write returned from is in the file.
        FileStream file = PrivateFile.Open(_path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete, bufferBytes: 0);
        try
        {
            if (!file.CanSeek)
            {
                throw new IOException($"'{_path}' is a pipe, so it cannot be rotated.");
            }

            EndLastLine(file);
        }
        catch
        {
            file.Dispose();
            throw;
        }

        _length = file.Length;
        _file = file;
        return file;
    }

    private static void EndLastLine(FileStream file)
    {
        if (file.Length == 0)
        {
            return;
        }

        file.Seek(-1, SeekOrigin.End);
        if (file.ReadByte() != '\n')
        {
            file.Write("\n"u8);
        }
    }

    private void Rotate()
    {
        Close();
        for (int i = _filesMax - 1; i >= 1; i--)
        {
            string from = i == 1 ? _path : $"{_path}.{i - 1}";
            if (File.Exists(from))
            {
                File.Move(from, $"{_path}.{i}", overwrite: true);
            }
        }

        if (_filesMax == 1)
        {
            File.Delete(_path);
        }
    }

    // A full disk takes a part of the lines.
    private void TakeBack()
    {
        try
        {
            if (_file is not null)
            {
                _file.SetLength(_length);
                _file.Seek(_length, SeekOrigin.Begin);
            }
        }
        catch (IOException)
        {
            // Opened again, it gets an end to its last line.
            Close();
        }
    }

    private void Close()
    {
        _file?.Dispose();
        _file = null;
    }
}
