using System;
using System.Globalization;
using System.Text;
using Unkey.Protocol;

namespace Unkey.Tests.Oracles;

/// <summary>Chunked bodies by recursive descent over a string, one method a rule of the grammar; running out of input is an
/// exception. It shares no code with the decoder.</summary>
internal sealed class ReferenceChunkedDecoder(HttpLimits limits, byte[] input, bool skipsExtensions = false)
{
    private readonly string _text = Encoding.Latin1.GetString(input);
    private readonly StringBuilder _body = new();
    private int _position;
    private int _overhead;
    private int _unsettled;

    public string Decode()
    {
        try
        {
            Body();
            Settle();
            return $"Done {_position} {_body}";
        }
        catch (Refused refused)
        {
            return "Rejected " + refused.Message;
        }
        catch (NeedMore)
        {
            return "NeedMoreData";
        }
    }

    private void Body()
    {
        while (true)
        {
            string size = string.Empty;
            char c = Next();
            while (char.IsAsciiHexDigit(c))
            {
                size += c;
                Demand(size.Length <= 8);
                c = Next();
            }

            Demand(size.Length > 0);
            int line = size.Length;
            if (skipsExtensions && c == ';')
            {
                while (c != '\r')
                {
                    c = Next();
                }
            }

            while (c == ';')
            {
                c = Extension(ref line);
            }

            Demand(c == '\r');
            Demand(Next() == '\n');
            long length = long.Parse(size, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
            if (length == 0)
            {
                break;
            }

            Demand(limits.BodyBytesMax <= 0 || _body.Length + length <= limits.BodyBytesMax, 413);
            Settle();
            for (long i = 0; i < length; i++)
            {
                _body.Append(Fetch());
            }

            Demand(Next() == '\r');
            Demand(Next() == '\n');
        }

        Trailers();
    }

    private char Extension(ref int line)
    {
        line++;
        char c = Counted(ref line);
        c = Blanks(c, ref line);
        Demand(IsToken(c));
        c = Token(c, ref line);
        bool blanks = c is ' ' or '\t';
        c = Blanks(c, ref line);
        if (c == '=')
        {
            c = Blanks(Counted(ref line), ref line);
            if (c == '"')
            {
                while ((c = Counted(ref line)) != '"')
                {
                    if (c == '\\')
                    {
                        c = Counted(ref line);
                    }

                    Demand(c == '\t' || (c >= ' ' && c != '\x7f'));
                }

                c = Counted(ref line);
            }
            else
            {
                Demand(IsToken(c));
                c = Token(c, ref line);
            }

            blanks = c is ' ' or '\t';
            c = Blanks(c, ref line);
        }

        Demand(c == ';' || (c == '\r' && !blanks));
        if (c == ';')
        {
            // The next turn counts it.
            line--;
        }

        return c;
    }

    private void Trailers()
    {
        int bytes = 0;
        char Trailer()
        {
            char c = Next();
            Demand(++bytes <= limits.HeadBytesMax, 431);
            return c;
        }

        for (int count = 0; ; count++)
        {
            char c = Trailer();
            if (c == '\r')
            {
                Demand(Trailer() == '\n');
                return;
            }

            Demand(count < limits.FieldsMax, 431);
            int line = 1;
            Demand(line <= limits.FieldLineBytesMax, 431);
            Demand(IsToken(c));
            bool isName = true;
            while ((c = Trailer()) != '\r' || isName)
            {
                Demand(++line <= limits.FieldLineBytesMax, 431);
                Demand(isName ? IsToken(c) || c == ':' : c == '\t' || (c >= ' ' && c != '\x7f'));
                isName &= c != ':';
            }

            Demand(Trailer() == '\n');
        }
    }

    private char Token(char c, ref int line)
    {
        while (IsToken(c))
        {
            c = Counted(ref line);
        }

        return c;
    }

    private char Blanks(char c, ref int line)
    {
        while (c is ' ' or '\t')
        {
            c = Counted(ref line);
        }

        return c;
    }

    private static bool IsToken(char c) => char.IsAsciiLetterOrDigit(c) || (c != '\0' && "!#$%&'*+-.^_`|~".Contains(c,
        StringComparison.Ordinal));

    /// <summary>The next byte of a chunk line; the CR that ends it does not count.</summary>
    private char Counted(ref int line)
    {
        char c = Next();
        Demand(c == '\r' || ++line <= limits.FieldLineBytesMax);
        return c;
    }

    /// <summary>The next byte of framing. Whether there is too much of it is judged once the byte has been accepted.</summary>
    private char Next()
    {
        Settle();
        char c = Fetch();
        _unsettled = 1;
        return c;
    }

    private void Settle()
    {
        _overhead += _unsettled;
        _unsettled = 0;
        Demand(_overhead - _body.Length <= limits.ChunkOverheadBytesMax);
    }

    private char Fetch() => _position < _text.Length ? _text[_position++] : throw new NeedMore();

    private static void Demand(bool condition, int otherwise = 400)
    {
        if (!condition)
        {
            throw new Refused(otherwise.ToString(CultureInfo.InvariantCulture));
        }
    }

    private sealed class Refused(string message) : Exception(message);

    private sealed class NeedMore : Exception;
}
