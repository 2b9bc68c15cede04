using System;
using System.Collections.Generic;
using System.IO;
using System.Text;

namespace Unkey.Server.Commands.Top;

/// <summary>A terminal that shows a page and gets back what it showed before. One thread.</summary>
/// <remarks>Escape sequences that every terminal since the VT220 and xterm knows; docs/decisions says why there is no library. What is shown is escaped before.</remarks>
internal sealed class TopScreen : IDisposable
{
    private const string Enter = "\u001b[?1049h\u001b[?25l";
    private const string Leave = "\u001b[?25h\u001b[?1049l";
    private const string Home = "\u001b[H";
    private const string EraseLine = "\u001b[K";
    private const string EraseBelow = "\u001b[J";
    private const string Bold = "\u001b[1m";
    private const string Plain = "\u001b[0m";

    private readonly TextWriter _output;
    private readonly bool _isStyled;
    private readonly Func<(int Columns, int Rows)> _size;

    /// <summary>Takes over the terminal.</summary>
    /// <param name="output">The terminal.</param>
    /// <param name="isStyled">Whether headings may be bold: not with NO_COLOR.</param>
    /// <param name="size">Columns and rows as they are now.</param>
    public TopScreen(TextWriter output, bool isStyled, Func<(int Columns, int Rows)> size)
    {
        _output = output;
        _isStyled = isStyled;
        _size = size;
        _output.Write(Enter);
        _output.Flush();
    }

    /// <summary>Shows a page in place of the last one; what does not fit is cut off.</summary>
    public void Show(IReadOnlyList<string> lines)
    {
        (int columns, int rows) = _size();
        StringBuilder frame = new(Home);
        for (int i = 0; i < Math.Min(lines.Count, rows); i++)
        {
            bool isHeading = lines[i].StartsWith(TopText.Heading);
            string text = isHeading ? lines[i][1..] : lines[i];
            text = text.Length > columns ? text[..columns] : text;
            frame.Append(i == 0 ? "" : "\r\n").Append(isHeading && _isStyled ? Bold + text + Plain : text).Append(text.Length < columns ? EraseLine : "");
        }

        // One write a frame, so that no half of one is seen.
        _output.Write(frame.Append(lines.Count < rows ? EraseBelow : "").ToString());
        _output.Flush();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _output.Write(Leave);
        _output.Flush();
    }
}
